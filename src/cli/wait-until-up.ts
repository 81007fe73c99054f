import type { SupervisorClient } from '../api/client.ts';
import { problem, ProblemError } from '../model/problem.ts';
import { EXIT, type ExitCode } from '../model/problems/entry.ts';
import type { Remember } from '../model/prompt.ts';
import type { TunnelSnapshot } from '../model/snapshot.ts';
import type { Context } from './command.ts';
import { follow } from './follow.ts';
import { openProgress, type Progress } from './output/progress.ts';
import { startPatience } from './patience.ts';
import { Answering } from './prompts/answering.ts';
import { openNotices } from './prompts/notices.ts';
import { type AnswerSource, sourceOf } from './prompts/source.ts';
import { settled } from './settle.ts';

export type Outcome = { readonly tunnel: TunnelSnapshot; readonly exit: ExitCode };

export type WaitNeeds = {
  readonly client: SupervisorClient;
  readonly context: Context;
  readonly waitMs: number;
  /** Where answers come from when a login asks; by default whoever sits here. */
  readonly source?: AnswerSource | null;
  readonly remember?: Remember | null;
  /** An answer was taken, but could not be kept. */
  readonly onUnkept?: () => void;
};

/**
 * Follows the tunnels, showing each change and asking what their logins ask, until all have settled or `waitMs`, without
 * the time that a person took, is over; then the rest is not up in time.
 * Throws `interrupted` at Ctrl-C. The supervisor goes on in every case.
 */
export async function waitUntilUp(tunnels: readonly TunnelSnapshot[], needs: WaitNeeds): Promise<Outcome[]> {
  const wait = new Wait(tunnels, needs, await openProgress(needs.context));
  const last = await wait.run();
  if (needs.context.interrupt.signal.aborted) throw new ProblemError(problem('interrupted', {}));
  return last.map((tunnel) => ({ tunnel, exit: settled(tunnel) ?? EXIT.notUpInTime }));
}

class Wait {
  readonly #needs: WaitNeeds;
  readonly #progress: Progress;
  readonly #stop = new AbortController();
  readonly #answering: Answering | null;
  #now: readonly TunnelSnapshot[];
  #pause = (_asking: boolean): void => {};
  #failure: { readonly error: unknown } | null = null;

  constructor(tunnels: readonly TunnelSnapshot[], needs: WaitNeeds, progress: Progress) {
    this.#now = tunnels;
    this.#needs = needs;
    this.#progress = progress;
    const { client, context, source = sourceOf(context), remember = null } = needs;
    this.#answering = source && new Answering({ client, context, source, remember, ...this.#listening() });
  }

  /** The tunnels as they were last. */
  async run(): Promise<readonly TunnelSnapshot[]> {
    const { client, context, waitMs } = this.#needs;
    const patience = startPatience(waitMs, { clock: context.clock, onOver: () => this.#stop.abort() });
    const notices = openNotices(context);
    this.#pause = (asking) => (asking ? patience.pause() : patience.resume());
    try {
      for await (const view of follow(client, context, AbortSignal.any([this.#stop.signal, context.interrupt.signal]))) {
        this.#now = this.#now.map((tunnel) => view.get(tunnel.name) ?? takenDown(tunnel));
        this.#progress.show(this.#now);
        notices.look(this.#now);
        this.#answering?.look(this.#now);
        if (this.#isOver()) break;
      }
    } finally {
      patience.end();
      notices.end();
      this.#answering?.end();
      this.#stop.abort();
      this.#progress.close();
    }
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#answering?.couldNotKeep) this.#needs.onUnkept?.();
    return this.#now;
  }

  #listening() {
    return {
      onAsking: (asking: boolean): void => {
        this.#pause(asking);
        this.#progress.pause(asking);
      },
      onGivenUp: (): void => void (this.#isOver() && this.#stop.abort()),
      onFailure: (error: unknown): void => {
        this.#failure = { error };
        this.#stop.abort();
      },
    };
  }

  /** What waits for an answer that may still be given here is not settled. */
  #isOver(): boolean {
    return this.#now.every((tunnel) => settled(tunnel) !== null && this.#answering?.mayHelp(tunnel) !== true);
  }
}

/** A tunnel that the supervisor no longer has was taken down by another command. */
const takenDown = (tunnel: TunnelSnapshot): TunnelSnapshot => ({ ...tunnel, wanted: 'down', state: 'down' });
