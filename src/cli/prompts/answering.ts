import { ProblemError, problemOf } from '../../model/problem.ts';
import type { TunnelSnapshot } from '../../model/snapshot.ts';
import { type AnswerNeeds, answerPrompt } from './answer-prompt.ts';

export type AnsweringGiven = AnswerNeeds & {
  /** Before a person is asked and after: nothing else may write to the terminal, and no patience runs out meanwhile. */
  readonly onAsking: (asking: boolean) => void;
  /** A question was given up; whoever waited for the answer need not wait any longer. */
  readonly onGivenUp: () => void;
  /** What a person cannot mend by answering: Ctrl-C, or a supervisor that has gone. */
  readonly onFailure: (error: unknown) => void;
};

/** Asks the person here what tunnels wait for, one question at a time. */
export class Answering {
  readonly #given: AnsweringGiven;
  readonly #givenUp = new Set<string>();
  #asked: { readonly id: string; readonly over: AbortController } | null = null;
  #tunnels: readonly TunnelSnapshot[] = [];
  /** An answer was taken, but could not be kept. */
  #unkept = false;
  #ended = false;

  constructor(given: AnsweringGiven) {
    this.#given = given;
  }

  get couldNotKeep(): boolean {
    return this.#unkept;
  }

  /** Whether the tunnel waits for an answer that may still be given here. */
  mayHelp({ prompt }: TunnelSnapshot): boolean {
    return prompt !== undefined && !this.#givenUp.has(prompt);
  }

  /** To be called with each change: begins to ask, or stops where the answer is no longer waited for. */
  look(tunnels: readonly TunnelSnapshot[]): void {
    this.#tunnels = tunnels;
    const asked = this.#asked;
    if (asked === null) this.#next();
    else if (!tunnels.some(({ prompt }) => prompt === asked.id)) asked.over.abort(GONE);
  }

  end(): void {
    this.#ended = true;
    this.#asked?.over.abort(GONE);
  }

  #next(): void {
    const id = this.#tunnels.find((tunnel) => this.mayHelp(tunnel))?.prompt;
    if (id === undefined || this.#ended) return;
    const over = new AbortController();
    this.#asked = { id, over };
    void this.#ask(id, over.signal)
      .catch((error: unknown) => this.#failed(id, error))
      .finally(() => {
        this.#asked = null;
        this.#next();
      });
  }

  async #ask(id: string, signal: AbortSignal): Promise<void> {
    const { client, onAsking } = this.#given;
    const prompt = (await client.prompts()).prompts.find((one) => one.id === id);
    if (prompt === undefined || signal.aborted) return this.#done(id);
    onAsking(true);
    try {
      const answered = await answerPrompt(prompt, this.#given, signal);
      if (answered === 'given-up') return this.#giveUp(id);
      this.#unkept ||= answered === 'unkept';
      this.#done(id);
    } finally {
      onAsking(false);
    }
  }

  /** The tunnels say so a little later; until then it is not asked again. */
  #done(id: string): void {
    this.#givenUp.delete(id);
    this.#tunnels = this.#tunnels.filter(({ prompt }) => prompt !== id);
  }

  #end(error: unknown): void {
    this.#ended = true;
    this.#given.onFailure(error);
  }

  #giveUp(id: string): void {
    this.#givenUp.add(id);
    this.#given.onGivenUp();
  }

  #failed(id: string, error: unknown): void {
    if (error === GONE) return;
    const { code } = problemOf(error);
    if (code === 'prompt-gone') return this.#done(id);
    if (code !== 'askpass-failed' || !(error instanceof ProblemError)) return this.#end(error);
    this.#given.context.screen.explain(error.problem);
    this.#giveUp(id);
  }
}

/** Answered elsewhere, or the tunnel was taken down. */
const GONE = new Error('nobody waits for the answer');
