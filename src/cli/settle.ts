import { exitCodeOf, isProblemCode, type ProblemCode, problem } from '../model/problem.ts';
import { EXIT, type ExitCode } from '../model/problems/entry.ts';
import type { ForwardSnapshot, TunnelSnapshot } from '../model/snapshot.ts';

/**
 * What waiting for a tunnel has come to: an exit code, or null while waiting longer may still help.
 * `up`, and `idle` for a tunnel that connects on first use, are what was asked for. `blocked` waits for a person.
 * `degraded` is settled once every forward that does not listen is held by a holder who is known, or blocked: a refusal
 * whose reason is still looked for may turn out to be one that passes.
 */
export function settled(tunnel: TunnelSnapshot): ExitCode | null {
  switch (tunnel.state) {
    case 'up':
      return EXIT.done;
    case 'idle':
      return idleCode(tunnel.forwards.filter((forward) => forward.on === 'local' && forward.state !== 'listening'));
    case 'blocked':
      return blockedCode(tunnel);
    case 'degraded':
      return degradedCode(tunnel.forwards.filter((forward) => forward.state !== 'listening'));
    case 'down':
      return tunnel.wanted === 'down' ? EXIT.failed : null;
    case 'connecting':
    case 'reconnecting':
      // Tried again by itself, as agents come back; but whoever waits here is the one who can start it.
      return tunnel.because?.code === ('agent-unusable' satisfies ProblemCode) ? EXIT.personNeeded : null;
  }
}

/** The worst of several outcomes: what a person must do weighs more than what time may mend. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.done;
}

const WORST_FIRST: readonly ExitCode[] = [
  EXIT.interrupted,
  EXIT.noSupervisor,
  EXIT.usage,
  EXIT.personNeeded,
  EXIT.bindingHeld,
  EXIT.failed,
  EXIT.notUpInTime,
];

/** Why a tunnel is not as it should be: its own reason, else that of its first forward in trouble. */
export const troubleOf = (tunnel: TunnelSnapshot): TunnelSnapshot['because'] =>
  tunnel.because ?? tunnel.forwards.find((forward) => forward.because !== null)?.because ?? null;

/** A code that a newer supervisor knows and we do not, on a tunnel that waits for a person, is a person's matter. */
function blockedCode(tunnel: TunnelSnapshot): ExitCode {
  const because = troubleOf(tunnel);
  return because === null ? EXIT.personNeeded : (exitCodeOfCode(because.code) ?? EXIT.personNeeded);
}

/** An idle tunnel connects on first use, which takes that it listens here. */
function idleCode(missing: readonly ForwardSnapshot[]): ExitCode | null {
  return missing.length === 0 ? EXIT.done : degradedCode(missing);
}

function degradedCode(missing: readonly ForwardSnapshot[]): ExitCode | null {
  if (!missing.every((forward) => forward.state === 'blocked' || forward.because?.code === ('binding-held' satisfies ProblemCode)))
    return null;
  return worst(missing.map((forward) => exitCodeOfCode(forward.because?.code ?? '') ?? EXIT.bindingHeld));
}

/** Exit codes hang on the code alone, so the facts, which a snapshot does not carry, are not needed. */
const exitCodeOfCode = (code: string): ExitCode | null => (isProblemCode(code) ? exitCodeOf(problem(code, {} as never)) : null);
