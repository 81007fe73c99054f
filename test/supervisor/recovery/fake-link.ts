import { Duplex } from 'node:stream';
import { type Problem, ProblemError, problem } from '../../../src/model/problem.ts';
import type { Keepalive } from '../../../src/model/profile.ts';
import { deferred } from '../../../src/platform/deferred.ts';
import type { HopLink, RemoteProcess } from '../../../src/ssh/remote/types.ts';

export type FakeLink = HopLink & {
  /** Every command that it was asked to run. */
  readonly commands: string[];
  /** The programs that run there. */
  readonly processes: RemoteProcess[];
  readonly keepalives: Keepalive[];
  /** The server asks for a sign of life. */
  asks(since: 'quiet' | 'busy'): void;
  die(because?: Problem): void;
};

export type FakeServer = {
  readonly ident?: string;
  readonly hostKey?: string;
  /** What a program there writes when it has read its first input; null: exec is refused. */
  readonly run?: ((command: string, input: string) => string | null) | null;
};

/** A link to a server that says what it is told to say, and where nothing else can be done. */
export function fakeLink({ ident = 'OpenSSH_10.0', hostKey = 'SHA256:server', run = null }: FakeServer = {}): FakeLink {
  const lost = deferred<Problem>();
  const heard = new Set<(since: 'quiet' | 'busy') => void>();
  const goodbyes: (() => Promise<void>)[] = [];
  const state = { isLost: false };
  const usable = (): void => {
    if (state.isLost) throw new ProblemError(problem('link-closed', { host: 'server' }));
  };
  const link: Partial<FakeLink> = {
    hop: { name: 'server', host: 'server', port: 22, user: 'deploy' } as HopLink['hop'],
    hostKey,
    ident,
    said: { all: [], mark: () => 0, since: () => [] },
    lost: lost.promise,
    ends: null,
    reset: null,
    commands: [],
    processes: [],
    keepalives: [],
    setKeepalive: (keepalive) => void link.keepalives?.push(keepalive),
    beforeClose: (work) => void goodbyes.push(work),
    ping: async () => usable(),
    sftp: () => Promise.reject(new Error('no subsystem')),
    openRaw: () => Promise.reject(new Error('not here')),
    tryListen: () => Promise.reject(new Error('not here')),
    onServerKeepalive: (seen) => {
      heard.add(seen);
      return () => void heard.delete(seen);
    },
    asks: (since) => heard.forEach((seen) => seen(since)),
    exec: async (command) => {
      usable();
      link.commands?.push(command);
      if (run === null) throw new Error('refused');
      const process = fakeProcess((input) => run(command, input));
      link.processes?.push(process);
      return process;
    },
    die: (because = problem('link-closed', { host: 'server' })) => {
      state.isLost = true;
      lost.resolve(because);
    },
    close: async () => {
      await Promise.all(goodbyes.splice(0).map((work) => work()));
      link.die?.(problem('asked-down', {}));
    },
  };
  return link as FakeLink;
}

function fakeProcess(answer: (input: string) => string | null): RemoteProcess {
  let isAnswered = false;
  const channel: Duplex = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      const said = isAnswered ? null : answer(chunk.toString());
      isAnswered = true;
      if (said !== null) channel.push(said);
      done();
    },
    final: (done) => {
      done();
      channel.destroy();
    },
  });
  const more = { stderr: new Duplex({ read: () => {} }), signal: () => {}, close: () => void channel.destroy() };
  return Object.assign(channel, more) as unknown as RemoteProcess;
}
