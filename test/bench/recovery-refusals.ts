import type { Episode } from '../../src/model/story.ts';
import { as } from '../support/binding-place.ts';
import { background } from '../support/child.ts';
import { makeCli } from '../support/run-cli.ts';
import { tempHome } from '../support/temp-home.ts';
import { until } from '../support/until.ts';
import { makeUser } from '../support/users.ts';
import { look, type Place, type PlaceOptions } from './recovery-place.ts';

/** A binding that is not to be had: who or what is in the way, and what is to be said of it. */
export type Refusal = {
  readonly what: string;
  readonly place: PlaceOptions;
  /** In the profile; the place's port where not given. */
  readonly listen?: (port: number) => string;
  /** Takes the port. */
  readonly hold?: (place: Place) => Promise<Holder>;
  readonly verdict: Episode['verdict'];
  readonly code: string;
};

export type Holder = {
  /** How the holder would be named, as far as the server shows it. */
  readonly name: string;
  isThere(): boolean;
  end(): Promise<void>;
};

type Account = { readonly name: string; readonly uid: number; readonly gid: number };

async function heldBy(account: Account, { network, port }: Place): Promise<Omit<Holder, 'name'>> {
  const argv = as(account, ['nc', '-l', '-k', '127.0.0.1', String(port)]);
  const program = background('ip', ['netns', 'exec', network.names.server, ...argv]);
  return { isThere: () => program.running(), end: () => program.stop() };
}

async function anotherUser(place: Place): Promise<Holder> {
  const user = await makeUser();
  const program = await heldBy(user, place);
  const end = async (): Promise<void> => {
    await program.end();
    await user.remove();
  };
  return { ...program, end, name: user.name };
}

/** As on another machine of the same person: the same account, another home. */
async function liveSupervisor({ lab, network, port }: Place): Promise<Holder> {
  const home = tempHome({ owner: lab.user });
  home.write('.ssh/known_hosts', lab.bastion.knownHostsLine());
  const cli = await makeCli({ home, as: lab.user, netns: network.names.client });
  home.profile('other', `${lab.oneHop}forwards:\n  - { remote: ${port}, to: "localhost:1" }\n`);
  const up = await cli.run(['up', 'other']);
  if (up.code !== 0) throw new Error(up.stderr);
  const sessions = lab.bastion.sessions();
  const isThere = (): boolean => sessions.every((pid) => lab.bastion.sessions().includes(pid));
  return { isThere, end: () => cli.dispose(), name: '' };
}

/** Returns once somebody listens on the port. */
const listening =
  (take: (place: Place) => Promise<Holder>) =>
  async (place: Place): Promise<Holder> => {
    const holder = await take(place);
    await until(() => look(place, place.port).listener, { what: 'the holder to listen' });
    return holder;
  };

const HELD = { verdict: 'someone-else', code: 'binding-held' } as const;
const NOT_ALLOWED = { verdict: 'not-allowed', code: 'bind-not-allowed' } as const;

export const REFUSALS: readonly Refusal[] = [
  { what: 'port held by another user', place: {}, hold: listening(anotherUser), ...HELD },
  {
    what: 'port held by another program of our user',
    place: {},
    hold: listening(async (place) => ({ ...(await heldBy(place.lab.user, place)), name: 'nc' })),
    ...HELD,
  },
  {
    what: 'port held by a live supervisor of ours',
    place: {},
    hold: listening(liveSupervisor),
    verdict: 'ours-live',
    code: 'binding-live-elsewhere',
  },
  { what: 'policy: AllowTcpForwarding local', place: { sshd: ['AllowTcpForwarding local'] }, ...NOT_ALLOWED },
  { what: 'PermitListen of another port', place: { sshd: ['PermitListen 127.0.0.1:1'] }, ...NOT_ALLOWED },
  { what: 'privileged port', place: {}, listen: () => '81', verdict: 'not-allowed', code: 'binding-privileged' },
  {
    what: 'bad address',
    place: { sshd: ['GatewayPorts clientspecified'] },
    listen: (port) => `192.0.2.7:${port}`,
    verdict: 'not-allowed',
    code: 'binding-bad-address',
  },
];
