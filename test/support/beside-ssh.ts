import { chownSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import { type Target, startTarget } from './echo-server.ts';
import { type Key, type KeyOptions, makeKey } from './keys.ts';
import { type Cli, makeCli } from './run-cli.ts';
import { run } from './run.ts';
import { type Sshd, type SshdOptions, startSshd } from './sshd.ts';
import { portOf } from './status.ts';
import { type TempHome, tempHome } from './temp-home.ts';
import { until } from './until.ts';
import { type TestUser, makeUser } from './users.ts';

/** One configuration, for both clients. */
export type Way = {
  /** Where a login is looked for. */
  readonly server: Sshd;
  /** Lines of ssh_config under `Host row`; the server's address, the user and `known` are filled in where they do not say otherwise. */
  readonly config?: readonly string[];
  /** Lines of the ssh_config outside of `Host row`. */
  readonly more?: readonly string[];
  /** What ~/known holds when each of the two begins; the server's own key if not given. */
  readonly known?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another ssh(1) than the system's. */
  readonly client?: string;
  /** They write to ~/known: one after the other, each as if it were the first. */
  readonly inTurn?: true;
  /** Seconds for `tunnels up`. */
  readonly wait?: number;
};

export type Seen = {
  /** Bytes went to the target and came back. */
  readonly reached: boolean;
  /** What ~/known holds afterwards, where it was the only one. */
  readonly known?: string;
  /** All that it said. */
  readonly said: string;
};
export type Both = {
  readonly ssh: Seen;
  readonly tunnels: Seen & { readonly exit: number | null; readonly because: string | null };
  /** What the server said meanwhile. */
  readonly log: string;
};

/** A throw-away account with both clients, and the target of their forwards. Root only. */
export class BesideSsh {
  readonly user: TestUser & { remove(): Promise<void> };
  readonly home: TempHome;
  readonly cli: Cli;
  readonly echo: Target;
  readonly #servers: Sshd[] = [];

  static async make(): Promise<BesideSsh> {
    const user = await makeUser();
    const home = tempHome({ owner: user, at: user.home });
    return new BesideSsh({ user, home, cli: await makeCli({ home, as: user }), echo: await startTarget() });
  }

  private constructor(made: Pick<BesideSsh, 'user' | 'home' | 'cli' | 'echo'>) {
    [this.user, this.home, this.cli, this.echo] = [made.user, made.home, made.cli, made.echo];
  }

  async serve(options: SshdOptions = {}): Promise<Sshd> {
    // The quickest key exchange; which others there are is another question.
    const config = [...(options.config ?? []), 'KexAlgorithms curve25519-sha256'];
    const server = await startSshd({ user: this.user, ...options, config });
    this.#servers.push(server);
    return server;
  }

  /** A key of the account's, in ~/.ssh. */
  async key(name: string, options: KeyOptions = {}): Promise<Key> {
    const key = await makeKey(join(this.home.home, '.ssh'), { ...options, name });
    this.own(key.path, `${key.path}.pub`);
    return key;
  }

  own(...paths: readonly string[]): void {
    for (const path of paths) chownSync(path, this.user.uid, this.user.gid);
  }

  async visit(way: Way): Promise<Both> {
    const from = way.server.log().length;
    this.write(way);
    const seen = way.inTurn ? await this.#inTurn(way) : await together(this.#bySsh(way), this.#byTunnels(way));
    await until(() => way.server.sessions().length === 0, { what: 'the server to be done' });
    // Its last words are read with the next turn at the latest.
    await new Promise((resolve) => setTimeout(resolve, 0));
    return { ...seen, log: way.server.log().slice(from) };
  }

  async #inTurn(way: Way) {
    const ssh = { ...(await this.#bySsh(way)), known: this.known() };
    this.write(way);
    return { ssh, tunnels: { ...(await this.#byTunnels(way)), known: this.known() } };
  }

  known(): string {
    return readFileSync(join(this.home.home, 'known'), 'utf8');
  }

  async dispose(): Promise<void> {
    await this.cli.dispose();
    await Promise.all([this.echo.stop(), ...this.#servers.map((server) => server.stop())]);
    await this.user.remove();
  }

  /** What both clients find. */
  write({ server, config = [], more = [], known = server.knownHostsLine() }: Way): void {
    this.home.write('known', known);
    const defaults = [
      `HostName ${server.host}`,
      `Port ${server.port}`,
      'UserKnownHostsFile ~/known',
      'GlobalKnownHostsFile none',
      'ConnectTimeout 10',
    ];
    const row = [...config, ...defaults].map((line) => `  ${line}\n`).join('');
    this.home.write('config', `Host row\n${row}${more.map((line) => `${line}\n`).join('')}`);
  }

  async #bySsh({ env = {}, client = 'ssh' }: Way): Promise<Pick<Seen, 'reached' | 'said'>> {
    const { uid, gid, home } = this.user;
    const account = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
    // Without a terminal, and without the one of whoever runs the tests (tty(4)).
    const argv = ['--wait', 'setpriv', ...account, client, '-F', join(home, 'config'), '-W', this.echo.to, 'row'];
    const base = { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: home, SSH_AUTH_SOCK: '' };
    const ran = await run('setsid', argv, { cwd: home, env: { ...base, ...env }, input: 'ping\n' });
    return { reached: ran.stdout === 'ping\n', said: ran.stderr };
  }

  async #byTunnels({ env = {}, wait = 30 }: Way) {
    const forward = ['-L', `0:${this.echo.to}`];
    const ran = await this.cli.run(['up', '-F', join(this.user.home, 'config'), ...forward, '--wait', String(wait), '--json', 'row'], {
      env,
    });
    const up = ran.json<{ tunnels?: TunnelSnapshot[]; because?: { code: string } }>();
    const tunnel = up.tunnels?.[0];
    const said = tunnel?.state === 'up' ? await ping(portOf(tunnel, tunnel.forwards[0]!.name)) : '';
    const because = tunnel?.because?.code ?? null;
    await this.forget('row');
    return { reached: said === 'ping\n', exit: ran.code, because, said: `${ran.stderr}\n${ran.stdout}` };
  }

  /** Takes a tunnel down by the supervisor's API, which is quicker than a command. */
  async forget(name: string): Promise<void> {
    await this.api('DELETE', `/v1/tunnels/${name}`);
  }

  api(method: string, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socketPath = join(this.home.tunnelsHome, 'supervisor.sock');
      const asked = request({ socketPath, method, path }, (answer) => resolve(text(answer)));
      asked.on('error', reject).end();
    });
  }
}

function ping(port: number): Promise<string> {
  return new Promise((resolve) => {
    const heard: string[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.end('ping\n'));
    socket.on('data', (chunk) => heard.push(String(chunk)));
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard.join('')));
  });
}

export type Row = Way & {
  readonly title: string;
  /** The problem's code; none: both get through. */
  readonly refused?: string;
  /** Where they differ, as we mean them to. */
  readonly ssh?: 'refused' | 'reached';
  /** Of `tunnels up`, where it is refused. */
  readonly exit?: number;
  /** In the server's log, for each login. */
  readonly log?: RegExp;
};

/** What is seen of both, in the words of `expectedOf`, so that a difference between them shows as one. */
export async function seenBeside(place: BesideSsh, row: Row) {
  const both = await place.visit(row);
  const { ssh, tunnels, log } = both;
  const logins = count(log, /Accepted \S+ for/);
  const seen = {
    ssh: ssh.reached,
    tunnels: tunnels.reached,
    logins,
    logged: row.log === undefined || count(log, row.log) >= logins,
    exit: tunnels.exit,
    because: tunnels.because,
  };
  return { seen, said: `ssh: ${ssh.said}\ntunnels: ${tunnels.said}`, both };
}

/** Who is refused is refused before the server has let anybody in. */
export function expectedOf({ refused, ssh: means, exit = 4 }: Row) {
  const tunnels = refused === undefined;
  const ssh = means === undefined ? tunnels : means === 'reached';
  return { ssh, tunnels, logins: Number(ssh) + Number(tunnels), logged: true, exit: tunnels ? 0 : exit, because: refused ?? null };
}

const count = (text: string, pattern: RegExp): number => [...text.matchAll(new RegExp(pattern, 'g'))].length;

async function together<A, B>(one: Promise<A>, other: Promise<B>): Promise<{ ssh: A; tunnels: B }> {
  const [ssh, tunnels] = await Promise.all([one, other]);
  return { ssh, tunnels };
}
