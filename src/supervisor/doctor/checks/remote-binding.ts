import { forbiddenProblem, heldProblem, liveProblem, whereOf } from '../../../decide/recovery-problem.ts';
import { listening } from '../../../decide/same-port.ts';
import { printAddress } from '../../../model/address.ts';
import type { BindingVerdict } from '../../../model/binding.ts';
import { type About, advice, allWell, type Finding, trouble } from '../../../model/finding.ts';
import { lookCommand } from '../../../model/problems/look.ts';
import { assertNever } from '../../../model/result.ts';
import type { RemoteFacts } from '../facts.ts';

/** Who holds the binding on its hop now: seen in the server's tables, without a connection to it and without asking for it. */
export function checkRemoteBinding(facts: RemoteFacts): Finding[] {
  const about = { check: 'remote-binding', subject: facts.subject };
  const at = `${printAddress(facts.listen)} on ${facts.on}`;
  switch (facts.state.is) {
    case 'listens':
      return [allWell(about, `The tunnel itself listens on ${at}.`)];
    case 'any-port':
      return [allWell(about, 'Any free port will do.')];
    case 'unseen':
      return [unseen(about, at)];
    case 'seen':
      return [judged(about, facts, facts.state)];
  }
}

type Seen = Extract<RemoteFacts['state'], { is: 'seen' }>;

function judged(about: About, facts: RemoteFacts, seen: Seen): Finding {
  const { verdict } = seen;
  const at = `${printAddress(facts.listen)} on ${facts.on}`;
  const why = 'The server will refuse this forward until it is free.';
  switch (verdict.is) {
    case 'free':
      return verdict.why === 'freed' ? allWell(about, `${at} is free.`) : usedByConnection(about, facts);
    case 'ours-stale':
      return stale(about, facts, verdict);
    case 'ours-live':
      return trouble(about, liveProblem(verdict, facts), { why });
    case 'someone-else':
      return trouble(about, heldProblem(facts, verdict.holder), { why, fix: `Choose another port. ${askThere(facts)}` });
    case 'not-allowed':
      return trouble(about, forbiddenProblem(facts, verdict), { why: 'The server will refuse this forward each time.' });
    case 'cannot-tell':
      return undecided(about, facts, seen);
    default:
      return assertNever(verdict);
  }
}

/** The recovery would ask the holder itself now. */
function undecided(about: About, facts: RemoteFacts, { evidence: { rows, file }, socketListens }: Seen): Finding {
  const at = `${printAddress(facts.listen)} on ${facts.on}`;
  if (file?.kind === 'socket' && socketListens === false) return deadFile(about, facts, at);
  const isHeld = rows === null ? socketListens === true : listening(rows).length > 0;
  return isHeld ? heldByOurUser(about, facts, at) : unseen(about, at);
}

const deadFile = (about: About, facts: RemoteFacts, at: string): Finding =>
  advice(about, 'warning', {
    what: `${at} is a socket file of your own user on which nobody listens; sshd leaves these behind.`,
    why: 'A plain bind is refused while it is there, unless the server has StreamLocalBindUnlink yes.',
    fix: `tunnels takes it away by itself: tunnels up ${facts.tunnel}. By hand, there: rm ${printAddress(facts.listen)}`,
  });

const askThere = (facts: RemoteFacts): string => `An administrator of ${facts.on} sees its holder with: ${lookCommand(whereOf(facts))}`;

const usedByConnection = (about: About, facts: RemoteFacts): Finding =>
  advice(about, 'warning', {
    what: `Nobody listens on ${printAddress(facts.listen)} on ${facts.on}, but a connection of that machine uses the port.`,
    why: 'Until it is over, and for a minute after, the server may refuse this forward without a reason.',
    fix: `Choose a port that outgoing connections are not given. Who uses it shows: ss -tan 'sport = :${whereOf(facts).port ?? 0}'`,
  });

function stale(about: About, facts: RemoteFacts, { session, file }: Extract<BindingVerdict, { is: 'ours-stale' }>): Finding {
  const at = `${printAddress(facts.listen)} on ${facts.on}`;
  const what =
    file === null
      ? `${at} is still held by a dead connection of ours${session === null ? ', most probably' : ` (sshd pid ${session.pid} there)`}.`
      : `${at} is the socket file of a dead connection of ours; sshd leaves these behind.`;
  return advice(about, 'warning', {
    what,
    why: 'A plain bind is refused while it is there.',
    fix: `tunnels frees it by itself: tunnels up ${facts.tunnel}${session === null && file === null ? `. ${askThere(facts)}` : ''}`,
  });
}

const heldByOurUser = (about: About, facts: RemoteFacts, at: string): Finding =>
  advice(about, 'warning', {
    what: `${at} is held by an SSH session of your own user; whether that is alive cannot be told without sending something to it.`,
    why: 'If it is alive the server will refuse this forward; if it is dead, tunnels up finds out and frees it.',
    fix: `See what comes of it: tunnels up ${facts.tunnel}, then: tunnels why ${facts.tunnel}. ${askThere(facts)}`,
  });

const unseen = (about: About, at: string): Finding =>
  advice(about, 'note', {
    what: `Whether ${at} is free is not shown to this account.`,
    why: 'Only asking for it would tell, and the doctor asks for nothing.',
    fix: 'A shell or SFTP for this account lets tunnels see it; otherwise bring the tunnel up.',
  });
