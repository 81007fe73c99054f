import { type Problem, wordsOf } from '../../model/problem.ts';
import type { Route } from '../../ssh/links/links.ts';
import type { Log } from '../log.ts';
import type { Lineup } from './lineup.ts';

/** Writes to the log what becomes of a tunnel's own connection; what keeps it from one, once. */
export class OwnTeller {
  readonly #given: { readonly log: Log; readonly lineup: Pick<Lineup, 'profile'> };
  readonly #said = new Set<string>();

  constructor(given: { readonly log: Log; readonly lineup: Pick<Lineup, 'profile'> }) {
    this.#given = given;
  }

  begun(route: Route): void {
    this.#said.clear();
    const way = route.hops.map(({ name }) => name).join(', ');
    this.#info(`The tunnel moves much, so its new connections have an SSH connection of their own now, through ${way}.`);
  }

  givenBack(): void {
    this.#info('The tunnel moves little by now and shares its SSH connection again.');
  }

  lost(because: Problem): void {
    this.#once(because.code, `Its own SSH connection is lost, and new connections go over the shared one: ${this.#words(because)}`);
  }

  failed(because: Problem): void {
    this.#once(because.code, `The tunnel moves much, but gets no SSH connection of its own and goes on sharing: ${this.#words(because)}`);
  }

  refrained(): void {
    this.#once('refrained', 'The tunnel moves much, but goes on sharing its SSH connection, as its login has needed a person.');
  }

  forget(): void {
    this.#said.clear();
  }

  get #tunnel(): string {
    return this.#given.lineup.profile.name;
  }

  #words(because: Problem): string {
    return wordsOf(because, this.#tunnel).text;
  }

  #info(text: string): void {
    this.#given.log.info('own-connection', { tunnel: this.#tunnel, text });
  }

  #once(what: string, text: string): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#given.log.warn('own-connection', { tunnel: this.#tunnel, text });
  }
}
