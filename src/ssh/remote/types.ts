import type { SFTPWrapper } from 'ssh2';
import type { Duplex } from 'node:stream';
import type { Address } from '../../model/address.ts';
import type { Certificate } from '../identity/keys/certificate.ts';
import type { ChannelUsage } from '../session/channels.ts';
import type { Link, RemoteBinding, ResolvedHop } from '../types.ts';

/** What can be done on a hop besides forwarding, over a link that is already logged in. Every call rejects when the link is lost. */
export interface Remote {
  readonly hop: ResolvedHop;
  /** `SHA256:...` of the host key that was accepted: which server this is, whatever the way there. */
  readonly hostKey: string;
  /** The server's software version (RFC 4253 section 4.2), such as `OpenSSH_9.2p1 Debian-2+deb12u10`. */
  readonly ident: string;
  /** What it said in SSH_MSG_DEBUG since the login began. */
  readonly said: { readonly all: readonly string[]; mark(): number; since(mark: number): readonly string[] };
  /** Resolves when the server has answered: by then all that it had said before has arrived. */
  ping(): Promise<void>;
  /** Runs a command without a terminal. Rejects with ChannelRefused or the lost link's ProblemError. */
  exec(command: string): Promise<RemoteProcess>;
  /** Rejects where there is no SFTP subsystem, or where something else answers in its place. */
  sftp(): Promise<SFTPWrapper>;
  /** A raw direct-tcpip or direct-streamlocal channel; rejects with ChannelRefused and its reason code. */
  openRaw(to: Address): Promise<Duplex>;
  /** Asks for a binding whose connections are all rejected: only the answer matters. */
  tryListen(at: Address): Promise<RemoteBinding>;
}

/** An exec channel: stdin and stdout, stderr beside it. */
export interface RemoteProcess extends Duplex {
  readonly stderr: NodeJS.ReadableStream;
  on(event: 'exit', listener: (code: number | null, signal?: string) => void): this;
  on(event: string, listener: (...args: never[]) => void): this;
  /** A signal by its name without SIG (RFC 4254 section 6.9); only while its stdin has not been ended. */
  signal(name: string): void;
  /** SSH_MSG_CHANNEL_CLOSE. */
  close(): void;
}

/** What a server does by itself. */
export interface Overheard {
  /** Calls `seen` at each of its keepalives; `quiet`: we have sent nothing since our answer to the one before. Returns its end. */
  onServerKeepalive(seen: (since: 'quiet' | 'busy') => void): () => void;
}

/** A link with everything that can be done over it. */
export type HopLink = Link &
  Remote &
  Overheard & {
    /** What it showed in place of a plain key; null: a plain key. */
    readonly hostCertificate: Certificate | null;
    /** What we send is encrypted by it. */
    readonly cipher: string;
    /** How users' bytes are carried, and what they take. */
    readonly traffic: { readonly usage: ChannelUsage };
  };
