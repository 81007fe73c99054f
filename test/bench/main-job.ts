import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { background } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { must } from '../support/run.ts';
import { snapshot } from '../support/status.ts';
import { inTurns, printRows, type Row, timed } from './measure.ts';

const ROUNDS = 9;

/** Start of the command, `up` over two hops against `ssh -J`, memory of the supervisor. */
export async function main(): Promise<boolean> {
  const lab = await makeLab();
  try {
    const rows = [await startUp(lab), await upOverTwoHops(lab), ...(await memory(lab))];
    return printRows('The main job', rows);
  } finally {
    await lab.dispose();
  }
}

async function startUp(lab: Lab): Promise<Row> {
  await lab.cli.run(['supervisor', 'start']);
  const bare = ['setpriv', '--reuid', String(lab.user.uid), '--regid', String(lab.user.gid), '--clear-groups', process.execPath, '-e', '0'];
  const medians = await inTurns(ROUNDS, {
    node: () => timed(() => must(bare[0] as string, bare.slice(1))),
    status: () => timed(() => lab.cli.run(['status'])),
  });
  const over = medians.status - medians.node;
  return {
    what: 'status over a bare node -e 0',
    measured: `${ms(medians.status)} - ${ms(medians.node)} = ${ms(over)}`,
    asked: 'at most 80 ms',
    met: over <= 80,
  };
}

async function upOverTwoHops(lab: Lab): Promise<Row> {
  const target = `localhost:${lab.far.port}`;
  lab.home.write(
    '.ssh/config',
    `Host bench-bastion\n  HostName ${lab.bastion.host}\n  Port ${lab.bastion.port}\n  IdentityFile ${lab.key.path}\nHost bench-far\n  HostName ${lab.far.host}\n  Port ${lab.far.port}\n  IdentityFile ${lab.key.path}\n`,
  );
  const medians = await inTurns(ROUNDS, {
    ssh: () => sshUp(lab, target),
    tunnels: async () => {
      const port = await freePort();
      lab.profile('bench', [`{ local: ${port}, to: "${target}" }`]);
      const took = await timed(async () => {
        await lab.cli.run(['up', 'bench']);
        await greeting(port);
      });
      await lab.cli.run(['down', 'bench']);
      return took;
    },
  });
  const ratio = medians.tunnels / medians.ssh;
  return {
    what: 'up over two hops against ssh -J',
    measured: `${ms(medians.tunnels)} / ${ms(medians.ssh)} = ${ratio.toFixed(2)}`,
    asked: 'at most 1.00',
    met: ratio <= 1,
  };
}

/** Until a connection through the forward is answered, as for `tunnels up`. */
async function sshUp(lab: Lab, target: string): Promise<number> {
  const port = await freePort();
  const as = ['--reuid', String(lab.user.uid), '--regid', String(lab.user.gid), '--clear-groups'];
  const start = performance.now();
  const ssh = background('setpriv', [...as, 'ssh', '-N', '-J', 'bench-bastion', '-L', `${port}:${target}`, 'bench-far'], { cwd: '/' });
  await greeting(port);
  const took = performance.now() - start;
  await ssh.stop();
  return took;
}

/** The first byte of a server that speaks first; refused connections are tried again at once. */
function greeting(port: number): Promise<void> {
  return new Promise((resolve) => {
    const attempt = (): void => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', () => setTimeout(attempt, 1));
      socket.once('data', () => {
        socket.destroy();
        resolve();
      });
    };
    attempt();
  });
}

async function memory(lab: Lab): Promise<Row[]> {
  await lab.cli.run(['supervisor', 'restart']);
  const rss = async (): Promise<number> => {
    const { supervisor } = await snapshot(lab.cli);
    const status = readFileSync(`/proc/${supervisor?.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  };
  const bringUp = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n += 10) {
      const names = Array.from({ length: Math.min(10, to - n) }, (_, i) => `m${n + i}`);
      for (const name of names) lab.profile(name, [`{ local: ${await freePort()}, to: "localhost:5432" }`]);
      const up = await lab.cli.run(['up', ...names]);
      if (up.code !== 0) throw new Error(up.stderr);
    }
  };
  await bringUp(0, 10);
  const ten = await rss();
  await bringUp(10, 110);
  const more = (await rss()) - ten;
  return [
    { what: 'resident memory with 10 tunnels', measured: `${ten.toFixed(0)} MB`, asked: 'under 90 MB', met: ten < 90 },
    { what: 'resident memory of 100 more', measured: `${more.toFixed(0)} MB`, asked: 'under 100 MB', met: more < 100 },
  ];
}

const ms = (value: number): string => `${value.toFixed(0)} ms`;
