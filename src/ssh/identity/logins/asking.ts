import type { ResolvedHop } from '../../types.ts';
import { NOBODY, type Person } from './person.ts';

/** Whom a login may ask, and for how long. */
export type Asked = {
  readonly person: Person;
  /** Aborted when the connection that the answer is for is over. */
  readonly signal: AbortSignal;
};

/** A person's time is not the server's: whoever keeps a deadline hears here when an answer or an act is awaited. */
export type Watched = {
  readonly person: Person;
  waiting(): boolean;
  /** Called when the first wait begins and when the last one ends; one listener at a time. */
  onChange(listener: () => void): void;
};

/** `NOBODY` stays `NOBODY`, so that it still can be told that nobody is there. */
export function watchPerson(person: Person): Watched {
  let open = 0;
  let listener = (): void => {};
  const count = (change: 1 | -1): void => {
    open += change;
    if (open === (change === 1 ? 1 : 0)) listener();
  };
  const watch: Pick<Watched, 'waiting' | 'onChange'> = {
    waiting: () => open > 0,
    onChange: (next) => {
      listener = next;
    },
  };
  return person === NOBODY ? { person, ...watch } : { person: counted(person, count), ...watch };
}

function counted(person: Person, count: (change: 1 | -1) => void): Person {
  return {
    ask: async (question, signal) => {
      count(1);
      try {
        return await person.ask(question, signal);
      } finally {
        count(-1);
      }
    },
    show: (notice) => {
      const hide = person.show(notice);
      count(1);
      return once(() => {
        hide();
        count(-1);
      });
    },
  };
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}

/** Null where nobody is to be asked: nobody is there, or ssh_config says BatchMode. */
export function askedAt(hop: ResolvedHop, { person = NOBODY, signal }: Partial<Asked>): Asked | null {
  return person === NOBODY || hop.login.batch || signal === undefined ? null : { person, signal };
}
