/**
 * Lets several rounds wait for their outages side by side while what takes the processor goes one at a time,
 * so that nothing else runs while something is measured. Who is urgent goes before who is not.
 */
export class OneAtATime {
  readonly #urgent: (() => void)[] = [];
  readonly #patient: (() => void)[] = [];
  #taken = false;

  async run<T>(how: 'urgent' | 'patient', work: () => Promise<T>): Promise<T> {
    await this.#turn(how);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  #turn(how: 'urgent' | 'patient'): Promise<void> {
    if (this.#taken) return new Promise((resolve) => (how === 'urgent' ? this.#urgent : this.#patient).push(resolve));
    this.#taken = true;
    return Promise.resolve();
  }

  #pass(): void {
    const next = this.#urgent.shift() ?? this.#patient.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }
}

/** Does all the works, so many at a time, in their order. */
export async function inParallel(works: readonly (() => Promise<void>)[], workers: number): Promise<void> {
  const left = [...works];
  const worker = async (): Promise<void> => {
    for (let work = left.shift(); work !== undefined; work = left.shift()) await work();
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
