import { resolve } from 'node:path';
import { type ForwardDocument, parseForwardSpec, type SpecFlag } from '../../model/forward-spec.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { parseHop } from '../../model/profile-hop.ts';
import { type Args, type Context, defineCommand } from '../command.ts';
import { type Answered, askProfile } from '../new-profile/ask-profile.ts';
import { SAVE_OPTIONS, saveProfiles } from '../save-profiles.ts';

const once = { type: 'string' } as const;
const each = { type: 'string', array: true } as const;

const OPTIONS = {
  host: { ...once, describe: 'the server to log in to: a Host of ssh_config, or [user@]host[:port]' },
  J: { ...once, describe: 'servers on the way: [user@]host[:port],...' },
  i: { ...each, describe: 'a private key for the server' },
  local: { ...once, describe: 'listen here: a port, host:port or a socket' },
  remote: { ...once, describe: 'listen on the server' },
  dynamic: { ...once, describe: 'a SOCKS proxy here' },
  'remote-dynamic': { ...once, describe: 'a SOCKS proxy on the server' },
  to: { ...once, describe: 'where --local or --remote leads: host:port or a socket' },
  L: { ...each, describe: 'a local forward as for ssh' },
  R: { ...each, describe: 'a remote forward as for ssh' },
  D: { ...each, describe: 'a SOCKS proxy as for ssh' },
  description: { ...once, describe: 'what the tunnel is for' },
  group: { ...each, describe: 'a group that it belongs to' },
  folder: { ...once, describe: 'the folder to write to [your own profiles]' },
  ...SAVE_OPTIONS,
} as const;

type Flags = Args<typeof OPTIONS>['flags'];

export const command = defineCommand({
  name: 'profiles new',
  usage: ['profiles new [name] [--host HOST] [-J hops] [--local PORT --to HOST:PORT] [--folder FOLDER] [--print] [--force]'],
  describe: 'Asks for what a profile needs and writes it. What is given as a flag is not asked; with all of it nothing is.',
  examples: [
    ['tunnels profiles new', 'be asked'],
    ['tunnels profiles new db-prod --host bastion --local 15432 --to db.internal:5432', 'from a script'],
    ['tunnels profiles new web --host ann@web -R 8080:localhost:3000 --folder .tunnels', 'with the forwards of ssh, for a repository'],
  ],
  words: { least: 0, most: 1 },
  options: OPTIONS,
  async run({ words: [name = null], flags }, context) {
    const forwards = [...ownForward(flags), ...sshForwards(flags)];
    checkHost(flags.host);
    const answered = await askProfile({ name, host: flags.host ?? null, jumps: flags.J ?? null, forwards }, context);
    const { print = false, force = false, folder = null } = flags;
    const document = documentOf(answered, flags, context);
    const host = hostOf(answered.host);
    return await saveProfiles([{ name: host, at: null, document, notes: [] }], { name: answered.name, folder, print, force }, context);
  },
});

function checkHost(host: string | undefined): void {
  if (host !== undefined && !parseHop(host).ok) throw new ProblemError(problem('destination-invalid', { text: host }));
}

const hostOf = (text: string): string => {
  const parsed = parseHop(text);
  return parsed.ok ? parsed.value.host : text;
};

const LISTENING = { local: 'local', remote: 'remote', dynamic: 'dynamic', 'remote-dynamic': 'remoteDynamic' } as const;

/** The one forward of --local, --remote, --dynamic or --remote-dynamic. */
function ownForward(flags: Flags): Record<string, string>[] {
  const given = (['local', 'remote', 'dynamic', 'remote-dynamic'] as const).filter((flag) => flags[flag] !== undefined);
  const [flag, second] = given;
  if (second !== undefined)
    throw new ProblemError(
      problem('options-clash', { one: `--${flag}`, other: `--${second}`, instead: 'Give more forwards with -L, -R and -D.' }),
    );
  if (flag === undefined) {
    if (flags.to === undefined) return [];
    throw new ProblemError(problem('answers-missing', { what: 'Where to listen', flags: '--local PORT or --remote PORT, beside --to' }));
  }
  return [{ [LISTENING[flag]]: flags[flag] ?? '', ...(flags.to === undefined ? {} : { to: flags.to }) }];
}

const sshForwards = ({ L = [], R = [], D = [] }: Flags): Record<string, string>[] => [
  ...L.map((spec) => forwardOf('-L', spec)),
  ...R.map((spec) => forwardOf('-R', spec)),
  ...D.map((spec) => forwardOf('-D', spec)),
];

function forwardOf(flag: SpecFlag, spec: string): ForwardDocument {
  const parsed = parseForwardSpec(flag, spec);
  if (parsed.ok) return parsed.value;
  throw new ProblemError(problem('forward-spec-invalid', { flag, spec, why: parsed.error }));
}

function documentOf({ host, jumps, forwards }: Answered, flags: Flags, { cwd }: Context): Record<string, unknown> {
  const { i: keys = [], description, group } = flags;
  return {
    ...(description === undefined ? {} : { description }),
    ...(group === undefined ? {} : { groups: group }),
    hops: [
      ...jumps,
      keys.length === 0
        ? host
        : withKeys(
            host,
            keys.map((key) => (key.startsWith('~/') ? key : resolve(cwd, key))),
          ),
    ],
    forwards: forwards.map((forward) =>
      Object.fromEntries(Object.entries(forward).map(([key, end]) => [key, /^\d+$/.test(end) ? Number(end) : end])),
    ),
  };
}

function withKeys(text: string, identity: readonly string[]): unknown {
  const parsed = parseHop(text);
  if (!parsed.ok) return text;
  const { host, user, port } = parsed.value;
  return { host, ...(user === null ? {} : { user }), ...(port === null ? {} : { port }), identity };
}
