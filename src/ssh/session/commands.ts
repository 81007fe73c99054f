import type { Client, SFTPWrapper } from 'ssh2';
import type { Clock } from '../../platform/clock.ts';
import type { RemoteProcess } from '../remote/types.ts';
import { OneSession } from './one-session.ts';
import { breakChannel, openExec, openSftp } from './open-channel.ts';

export type CommandsGiven = {
  /** Throws once the session is over. */
  readonly client: () => Client;
  readonly clock: Clock;
  /** The server's software version. */
  readonly ident: () => string;
  /** The server has opened one: from now on sshd sends without Nagle's delay. */
  readonly onOpened: () => void;
};

/** The commands and file sessions of one connection (RFC 4254 section 6). On a connection that dies none of them is settled. */
export class Commands {
  readonly #given: CommandsGiven;
  readonly #turns: OneSession;
  readonly #running = new Set<RemoteProcess>();

  constructor(given: CommandsGiven) {
    this.#given = given;
    this.#turns = new OneSession(given);
  }

  async exec(command: string): Promise<RemoteProcess> {
    const channel = await this.#turns.open(async () => await openExec(this.#given.client(), command));
    this.#given.onOpened();
    this.#running.add(channel);
    channel.once('close', () => this.#running.delete(channel));
    return channel;
  }

  async sftp(): Promise<SFTPWrapper> {
    const files = await this.#turns.open(async () => await openSftp(this.#given.client()));
    this.#given.onOpened();
    return files;
  }

  stop(error: Error): void {
    for (const channel of this.#running) breakChannel(channel, error);
    this.#running.clear();
  }
}
