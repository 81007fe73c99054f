import type { Address } from '../../../model/address.ts';
import type { Evidence } from '../../../model/binding.ts';
import type { SessionRecord } from '../../../model/session-record.ts';
import type { AccountGiven } from '../../remote/on-account.ts';
import type { SftpGiven } from '../../remote/sftp-session.ts';
import type { Remote } from '../../remote/types.ts';

/** A binding that was refused, and what is known of it here. */
export type EvidenceRequest = {
  readonly remote: Remote;
  readonly listen: Address;
  /** What the server said in SSH_MSG_DEBUG since it was asked. */
  readonly said: readonly string[];
  /** The newest session of ours that asked for this binding on this server, other than the one that asks now. */
  readonly record: SessionRecord | null;
  /** The same where the server tells nothing of our sessions: that we held it, until when. */
  readonly heldBefore: Evidence['heldBefore'];
  /** The server's process of the session that asks now, where it is known. */
  readonly ownPid: number | null;
  /** A live link of this supervisor uses the session of the record. */
  readonly usedByLiveLink: boolean;
  /** The tunnel of this supervisor that has the binding. */
  readonly heardBy: string | null;
  /** Only once in an episode: connections keep sshd from noticing that its client is dead. */
  readonly mayPoke: boolean;
  /** Called in the moment in which the binding is connected to: from then on the holder has something to say to its client. */
  readonly onPoke?: () => void;
  /** The user asked for the binding even where a live session of theirs has it. */
  readonly takeOver: boolean;
};

export type EvidenceGiven = SftpGiven & AccountGiven;
