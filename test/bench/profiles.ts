import { must } from '../support/run.ts';
import { type Cli, makeCli } from '../support/run-cli.ts';
import { tempHome } from '../support/temp-home.ts';
import { inTurns, printRows, type Row, timed } from './measure.ts';

const ROUNDS = 15;
const PROFILES = 1000;
const MOST_MS = 300;

/** `tunnels list` of a thousand profiles over the start of Node alone: the user's own, and a repository's. */
export async function main(): Promise<boolean> {
  const rows = [await list('of your own', { shared: false }), await list("of a repository's .tunnels", { shared: true })];
  return printRows('Profiles', rows);
}

async function list(what: string, { shared }: { readonly shared: boolean }): Promise<Row> {
  const home = tempHome();
  if (shared) home.write('team/.git/HEAD', 'ref: refs/heads/main\n');
  for (let n = 0; n < PROFILES; n++) {
    if (shared) home.write(`team/.tunnels/p${n}.yaml`, profileOf(n));
    else home.profile(`p${n}`, profileOf(n));
  }
  const cli = await makeCli({ home, cwd: shared ? `${home.home}/team` : home.home });
  try {
    const medians = await inTurns(ROUNDS, {
      node: () => timed(() => must(process.execPath, ['-e', '0'])),
      list: () => timed(() => listed(cli)),
    });
    const over = medians.list - medians.node;
    return {
      what: `list of ${PROFILES} profiles ${what} over a bare node -e 0`,
      measured: `${medians.list.toFixed(0)} ms - ${medians.node.toFixed(0)} ms = ${over.toFixed(0)} ms`,
      asked: `at most ${MOST_MS} ms`,
      met: over <= MOST_MS,
    };
  } finally {
    await cli.dispose();
  }
}

async function listed(cli: Cli): Promise<void> {
  const { code, stdout } = await cli.run(['list']);
  if (code !== 0 || !stdout.includes(`p${PROFILES - 1}`)) throw new Error(`list ended with ${code}`);
}

const profileOf = (n: number): string => `description: Service ${n} of the team
groups: [team, g${n % 10}]
hops:
  - bastion
  - { host: db-${n}.internal, user: deploy }
forwards:
  - { name: db, local: ${10_000 + n}, to: "db-${n}.internal:5432" }
`;
