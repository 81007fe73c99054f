import { ephemeralProblem, type LocalHolder, localHolderWords } from '../../decide/local-binding.ts';
import { type Address, printAddress } from '../../model/address.ts';
import { type Problem, problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { ownEphemeralPorts } from '../../platform/ports.ts';
import type { Half } from '../../ssh/forwards/bind.ts';
import type { LocalListener } from '../../ssh/forwards/listen-here.ts';
import type { LocalLook } from './local-look.ts';

/**
 * What is odd about a binding although it listens. `first`: what weighs most, for the status. `afterHalf`: the same once
 * the rest of `localhost` is bound as well. `worthTelling`: the part that belongs into the story.
 */
export type LocalWarnings = { readonly first: Problem | null; readonly afterHalf: Problem | null; readonly worthTelling: Problem | null };

/** `holder`: who has the port that was wanted, where this is a fallback. */
type Given = { readonly asked: Address; readonly holder: LocalHolder | null; readonly look: LocalLook };

export async function warningsOf({ address, half }: LocalListener, { asked, holder, look }: Given): Promise<LocalWarnings> {
  const fellBack = holder === null ? null : fellBackProblem({ asked, bound: address, holder });
  const halfBound = half === null ? null : await halfProblem(half, { asked, look });
  const ephemeral = ephemeralProblem({ asked, bound: address, range: await ownEphemeralPorts() });
  const worthTelling = fellBack ?? halfBound;
  return { first: worthTelling ?? ephemeral, afterHalf: fellBack ?? ephemeral, worthTelling };
}

/** Between two tries for the other half; ms. */
const HALF_AGAIN_MS = 2_000;

/** Made here, so that it keeps nothing of whom it is given to. */
const NOTHING_TO_STOP = (): void => {};

/** Tries for the rest of a half-bound `localhost` until it is had. Returns what stops it. */
export function keepCompleting(
  half: Half | null,
  { clock, onComplete }: { readonly clock: Clock; readonly onComplete: () => void },
): () => void {
  if (half === null) return NOTHING_TO_STOP;
  let isOver = false;
  let cancel = (): void => {};
  const later = (): void => void (cancel = clock.after(HALF_AGAIN_MS, () => void again()));
  const again = async (): Promise<void> => {
    const isWhole = await half.complete();
    if (isOver) return;
    if (isWhole) onComplete();
    else later();
  };
  later();
  return () => {
    isOver = true;
    cancel();
  };
}

function fellBackProblem({ asked, bound, holder }: { asked: Address; bound: Address; holder: LocalHolder }): Problem {
  return problem('binding-fell-back', { listen: printAddress(asked), bound: printAddress(bound), holder: localHolderWords(holder) });
}

async function halfProblem({ bound, missing }: Half, { asked, look }: Pick<Given, 'asked' | 'look'>): Promise<Problem> {
  const holder = await look.strangerAt(missing);
  const words = holder === null ? 'another program' : localHolderWords(holder);
  return problem('binding-half-here', {
    listen: printAddress(asked),
    bound: printAddress(bound),
    missing: printAddress(missing),
    holder: words,
  });
}
