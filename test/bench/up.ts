import { connect } from 'node:net';
import { background } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { inTurns, printRows, type Row, timed } from './measure.ts';

const ROUNDS = 15;
const ASKED = 0.6;

/** `tunnels up` with a supervisor that runs, to the command's end, against `ssh` until its forward listens. */
export async function main(): Promise<boolean> {
  const lab = await makeLab();
  try {
    await lab.cli.run(['supervisor', 'start']);
    lab.home.write('.ssh/config', configOf(lab));
    const one = await compare(lab, { what: 'up over one hop', way: lab.oneHop, ssh: ['bench-bastion'] });
    const two = await compare(lab, { what: 'up over two hops', way: lab.hops, ssh: ['-J', 'bench-bastion', 'bench-far'] });
    return printRows('Bringing a tunnel up', [one, two]);
  } finally {
    await lab.dispose();
  }
}

/** What the profile names, for ssh. */
const configOf = ({ bastion, far, key }: Lab): string =>
  Object.entries({ 'bench-bastion': bastion, 'bench-far': far })
    .map(([name, { host, port }]) => `Host ${name}\n  HostName ${host}\n  Port ${port}\n  IdentityFile ${key.path}\n`)
    .join('');

type Compared = { readonly what: string; readonly way: string; readonly ssh: readonly string[] };

async function compare(lab: Lab, { what, way, ssh }: Compared): Promise<Row> {
  const medians = await inTurns(ROUNDS, { ssh: () => sshUp(lab, ssh), tunnels: () => tunnelsUp(lab, way) });
  const ratio = medians.tunnels / medians.ssh;
  return {
    what: `${what} against ssh until its forward listens`,
    measured: `${medians.tunnels.toFixed(0)} ms / ${medians.ssh.toFixed(0)} ms = ${ratio.toFixed(2)}`,
    asked: `at most ${ASKED}`,
    met: ratio <= ASKED,
  };
}

async function tunnelsUp(lab: Lab, hops: string): Promise<number> {
  lab.profile('bench', [`{ local: ${await freePort()}, to: "localhost:${lab.far.port}" }`], { hops });
  const took = await timed(async () => {
    const up = await lab.cli.run(['up', 'bench']);
    if (up.code !== 0) throw new Error(up.stderr);
  });
  await lab.cli.run(['down', 'bench']);
  return took;
}

async function sshUp(lab: Lab, host: readonly string[]): Promise<number> {
  const port = await freePort();
  const as = ['--reuid', String(lab.user.uid), '--regid', String(lab.user.gid), '--clear-groups'];
  const forward = ['-L', `${port}:localhost:${lab.far.port}`];
  const start = performance.now();
  const ssh = background('setpriv', [...as, 'ssh', '-N', ...forward, ...host], { cwd: '/' });
  await listening(port);
  const took = performance.now() - start;
  await ssh.stop();
  return took;
}

/** Asked again a millisecond after each refusal. */
function listening(port: number): Promise<void> {
  return new Promise((resolve) => {
    const attempt = (): void => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', () => setTimeout(attempt, 1));
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
    };
    attempt();
  });
}
