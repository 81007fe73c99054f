import { isSocket } from '../../../model/address.ts';
import type { Evidence, HolderConnection, RecordedProcess, SocketFile } from '../../../model/binding.ts';
import type { TcpRow } from '../../../platform/proc-net.ts';
import { filesOfAccount } from '../../remote/on-account.ts';
import { lookByFiles } from './look-by-files.ts';
import { lookByShell } from './look-by-shell.ts';
import type { EvidenceGiven, EvidenceRequest } from './request.ts';

/** The session whose process and connection are to be looked at. */
export type Suspect = {
  readonly bootId: string;
  readonly pid: number;
  readonly startTicks: number | null;
  /** Null where its client's end is not known. */
  readonly client: { readonly host: string; readonly port: number } | null;
};

/** What one look at the server shows; null: it does not. */
export type Look = Pick<Evidence, 'uid' | 'rows' | 'ownProcess' | 'userName' | 'scope' | 'ownPid' | 'nowTicks'> & {
  readonly bootId: string | null;
  readonly process: RecordedProcess;
  readonly connection: ConnectionSeen;
  readonly file: SocketFile | null;
  /** Source ports of outgoing connections (ip_local_port_range, ip(7)): a port among them can be lost to one. */
  readonly ephemeral: { readonly low: number; readonly high: number } | null;
  /** The first line of the binding's marker. */
  readonly marker: string | null;
};

/** The suspect's SSH connection: its row, that there is none any more, or nothing certain. */
export type ConnectionSeen = TcpRow | 'gone' | 'unknown';

export type LookAt = {
  readonly suspect: Suspect | null;
  readonly marker: 'read' | 'skip';
};

/** By the shell, by SFTP where there is none; null where there is neither. */
export async function look(request: EvidenceRequest, at: LookAt, given: EvidenceGiven): Promise<Look | null> {
  const byShell = await lookByShell(request, at, given);
  if (byShell !== null) return byShell;
  const files = await filesOfAccount(request.remote, given);
  if (files === null) return null;
  try {
    return await lookByFiles(files, request.listen, at);
  } finally {
    files.close();
  }
}

/** Unanswered data that was sent again; a connection on which nothing is under way may be dead all the same. */
export const isSilent = (row: ConnectionSeen, retransmits: number): boolean =>
  typeof row !== 'string' && row.unsent > 0 && row.retransmits >= retransmits;

/** Before it had anything to send, no connection shows that it is alive. */
export function connectionBefore(seen: ConnectionSeen): HolderConnection {
  if (seen === 'gone') return 'gone';
  return isSilent(seen, 1) ? 'silent' : 'unknown';
}

/** Whether somebody still listens; a socket's file stays when its listener has gone, so it tells nothing. */
export const isHeld = ({ listen }: EvidenceRequest, { rows }: Look): boolean =>
  isSocket(listen) || rows === null || rows.some((row) => row.state === 'LISTEN');
