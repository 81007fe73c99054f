import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Background } from './child.ts';
import { type Key } from './keys.ts';
import { childrenOf, familyOf, isAlive, send } from './proc.ts';
import { type Files, type SshdOptions, launch, prepare, remakeHostKeys } from './sshd-process.ts';
import { until } from './until.ts';

export type { SshdOptions };

export type Sshd = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly home: string;
  /** The first of `hostKeys`. */
  readonly hostKey: Key;
  readonly hostKeys: readonly Key[];
  /** The listener's pid. */
  pid(): number;
  /** A line of known_hosts for each host key, for this address and port or the name given. */
  knownHostsLine(name?: string): string;
  /** Lets a key in; `options` as in authorized_keys, such as `permitlisten="8080"`. */
  authorize(publicLine: string, options?: { readonly user?: string; readonly options?: string }): void;
  log(): string;
  /** The first match in the log of the present listener, in what came after `from` (a length of `log()`) if given. */
  waitForLog(pattern: RegExp, options?: { readonly from?: number }): Promise<RegExpExecArray>;
  /** The pids of the processes that each serve one connection. */
  sessions(): number[];
  /** Ends a connection's processes as a crash would: the kernel closes its socket. All connections where no pid is given. */
  killSession(pid?: number, options?: { readonly signal?: NodeJS.Signals }): void;
  /** Stops all its processes, and continues them: a server whose kernel accepts and that never answers. */
  freeze(): void;
  thaw(): void;
  /** As a reboot does: every session dies, then it listens again on the same port. */
  restart(options?: { readonly keepSessions?: boolean; readonly newHostKeys?: boolean }): Promise<void>;
  /** Ends the listener and every session. */
  stop(): Promise<void>;
};

/** A real OpenSSH server on a free loopback port with its own host keys, authorized_keys and configuration. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const files = await prepare(options);
  return new Server(files, await launch(files));
}

class Server implements Sshd {
  readonly #files: Files;
  #daemon: Background;
  #logBefore = '';
  #kept: number[] = [];

  constructor(files: Files, daemon: Background) {
    this.#files = files;
    this.#daemon = daemon;
  }

  get host(): string {
    return this.#files.listen[0] ?? '127.0.0.1';
  }

  get port(): number {
    return this.#files.port;
  }

  get user(): string {
    return this.#files.user.name;
  }

  get home(): string {
    return this.#files.user.home;
  }

  get hostKeys(): readonly Key[] {
    return this.#files.hostKeys;
  }

  get hostKey(): Key {
    return this.#files.hostKeys[0]!;
  }

  pid(): number {
    return this.#daemon.pid;
  }

  knownHostsLine(name = this.port === 22 ? this.host : `[${this.host}]:${this.port}`): string {
    return this.hostKeys.map((key) => `${name} ${key.publicLine.split(' ').slice(0, 2).join(' ')}\n`).join('');
  }

  authorize(publicLine: string, { user = this.user, options = '' }: { user?: string; options?: string } = {}): void {
    appendFileSync(join(this.#files.dir, 'authorized', user), `${options}${options && ' '}${publicLine}\n`, { mode: 0o644 });
  }

  log(): string {
    return this.#logBefore + this.#daemon.output();
  }

  waitForLog(pattern: RegExp, { from = 0 }: { from?: number } = {}): Promise<RegExpExecArray> {
    return this.#daemon.waitFor(pattern, { from: Math.max(0, from - this.#logBefore.length) });
  }

  sessions(): number[] {
    return [...this.#kept, ...childrenOf(this.#daemon.pid)].filter(isAlive);
  }

  killSession(pid?: number, { signal = 'SIGKILL' }: { signal?: NodeJS.Signals } = {}): void {
    this.#signal(pid === undefined ? this.sessions() : [pid], signal);
  }

  freeze(): void {
    this.#signal([...this.#kept, this.pid()], 'SIGSTOP');
  }

  thaw(): void {
    this.#signal([...this.#kept, this.pid()], 'SIGCONT');
  }

  async restart({ keepSessions = false, newHostKeys = false }: { keepSessions?: boolean; newHostKeys?: boolean } = {}): Promise<void> {
    const sessions = this.sessions();
    await (keepSessions ? this.#daemon.stop('SIGKILL') : this.#end());
    this.#kept = sessions.filter(isAlive);
    this.#logBefore = this.log();
    if (newHostKeys) await remakeHostKeys(this.#files);
    this.#daemon = await launch(this.#files);
  }

  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.#files.dir, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    const sessions = this.sessions().flatMap(familyOf);
    // The listener first, or it may take a client's next connection in between.
    await this.#daemon.stop('SIGKILL');
    for (const pid of sessions) send(pid, 'SIGKILL');
    await until(() => !sessions.some(isAlive), { what: 'the sessions to end' });
  }

  #signal(pids: readonly number[], signal: NodeJS.Signals): void {
    for (const pid of pids.flatMap(familyOf)) send(pid, signal);
  }
}
