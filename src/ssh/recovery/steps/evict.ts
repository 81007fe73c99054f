import type { DeadSession } from '../../../model/binding.ts';
import type { Clock } from '../../../platform/clock.ts';
import { runScript } from '../../remote/run-script.ts';
import type { Remote } from '../../remote/types.ts';
import { HIDDEN, processArguments, SESSION_PROCESS } from './session-process.ts';

/**
 * `ended`: it was signalled and its listeners are free. `gone`: it was no more. `refused-by-guard`: what has that pid now is
 * not, or not beyond doubt, the proven session; nothing was signalled. `no-answer`: the server did not say, or the process
 * outlived the signal.
 */
export type Evicted = 'ended' | 'gone' | 'not-permitted' | 'refused-by-guard' | 'no-answer';

export type EvictGiven = { readonly clock: Clock; readonly signal: AbortSignal; readonly deadlineMs?: number };

/** The script waits about 2 s for the end. */
const DEADLINE_MS = 5_000;

/**
 * Ends a session that is proven ours and dead: the only thing in this program that ends a process of a server for the sake
 * of another session. The proof was made a moment ago, so the server checks all of it again right before the signal. TERM
 * is enough, as sshd holds it to be an order to leave. Rejects only with the signal's reason.
 */
export async function evict(remote: Pick<Remote, 'exec'>, session: DeadSession, given: EvictGiven): Promise<Evicted> {
  const args = processArguments(session);
  if (args === null) return 'refused-by-guard';
  const { clock, signal, deadlineMs = DEADLINE_MS } = given;
  const result = await runScript(remote, SCRIPT, { args, clock, signal, deadlineMs });
  const [line, ...more] = result.ok ? result.lines : [];
  return line !== undefined && more.length === 0 && isAnswer(line) ? line : 'no-answer';
}

const ANSWERS: readonly string[] = ['ended', 'gone', 'not-permitted', 'refused-by-guard'] satisfies Evicted[];
const isAnswer = (line: string): line is Evicted => ANSWERS.includes(line);

// A pid is hidden only where it cannot be read; one that is ours, hidden and may be signalled is a process of sshd, or of
// another program that does not let itself be looked at, such as ssh-agent; the boot and the pid must do then.
// Root may signal everybody, so its session must also be sshd's own child and not the listener, which is init's.
const SCRIPT = `
${SESSION_PROCESS}
pid=$2 born=$3
say() { echo "$1"; exit; }
booted_as "$4" || say refused-by-guard
is_below "$pid" && say refused-by-guard
if look "$pid"; then
  is_sshd || say refused-by-guard
  [ "$start" = "$born" ] || say refused-by-guard
  is_over && say gone
  [ "$uid" = "$(id -u)" ] || say not-permitted
  [ "$uid" != 0 ] || { look "$parent" && is_sshd; } || say refused-by-guard
else
  kill -0 "$pid" 2>/dev/null || say gone
  [ "$born" = ${HIDDEN} ] || say refused-by-guard
fi
kill -TERM "$pid" 2>/dev/null || {
  kill -0 "$pid" 2>/dev/null && say not-permitted
  look "$pid" && ! is_over && say not-permitted
  say gone
}
tries=0
while [ "$tries" -lt 100 ]; do
  if look "$pid"; then
    is_over && say ended
    [ "$start" = "$born" ] || say ended
  else
    kill -0 "$pid" 2>/dev/null || say ended
  fi
  tries=$((tries + 1))
  # Not every sleep knows fractions.
  sleep 0.02 2>/dev/null || { sleep 1; tries=$((tries + 49)); }
done
`;
