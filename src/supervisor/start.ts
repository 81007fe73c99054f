import { API_VERSION, type Health } from '../api/contract.ts';
import { readLogLines } from '../api/log-files.ts';
import { problemOf } from '../model/problem.ts';
import type { Memory } from '../model/snapshot.ts';
import { systemClock } from '../platform/clock.ts';
import { deferred } from '../platform/deferred.ts';
import { collectGarbage, heapBytes } from '../platform/heap.ts';
import { systemKeychain } from '../platform/keychain.ts';
import { loopLoad } from '../platform/loop-load.ts';
import type { Paths } from '../platform/paths.ts';
import { SUPERVISOR_EXIT } from '../platform/supervisor-exit.ts';
import { VERSION } from '../platform/version.ts';
import { Batches } from '../ssh/data/batches.ts';
import { busyPoll } from '../ssh/data/busy-poll.ts';
import { type DataShared, sharedData } from '../ssh/data/data-shared.ts';
import { openCipherSpeeds } from './ciphers/open-cipher-speeds.ts';
import { type DataSettings, readDataSettings } from './data-settings.ts';
import { createDoctor } from './doctor/doctor.ts';
import { createLog, type Log, printLine, RECENT_LINES } from './log.ts';
import { openLogFile } from './log-file.ts';
import { followLog } from './log-follow.ts';
import { giveMemoryBack } from './idle-memory.ts';
import type { SupervisorOptions } from './main.ts';
import { PromptBook } from './prompts/book.ts';
import { openRecovery } from './recovery/open-recovery.ts';
import { AutoReload, type AutoReloadGiven } from './reload/auto-reload.ts';
import { runReload } from './reload/run-reload.ts';
import { serve } from './serve.ts';
import { surviveErrors } from './signals.ts';
import { keepSourcesFresh } from './source-updates.ts';
import { createTunnels, type Tunnels } from './tunnels.ts';
import { openRefusalStore } from './refusals-store.ts';
import { openWantedStore } from './wanted-store.ts';

export interface Running {
  /** Begins the end; asking again changes nothing. */
  stop(): void;
  readonly stopped: Promise<void>;
}

/** Everything after the lock: log, state, tunnels, socket. */
export async function startSupervisor(options: SupervisorOptions): Promise<Running> {
  const { paths, env } = options;
  const clock = systemClock;
  const log = await startLog(options);
  const forgetErrors = surviveErrors(log, () => void log.close().finally(() => process.exit(SUPERVISOR_EXIT.failed)));
  const kept = { directory: paths.state, clock, log };
  const [wanted, refusals, ciphers] = [openWantedStore(kept), openRefusalStore(kept), openCipherSpeeds(kept)];
  const recovery = openRecovery(kept);
  const prompts = new PromptBook({ clock, log, keychain: systemKeychain({ clock }) });
  const shared = { clock, random: Math.random, env, log, wanted, refusals, rungs: recovery.rungs, prompts, cipherCosts: ciphers.costs };
  const carrying = readDataSettings({ paths, env, log });
  const data = dataOf(carrying);
  if (carrying.busyPoll === 'off') busyPoll.forbid();
  const tunnels = createTunnels({ ...shared, data, onProfile: () => autoReload?.look() });
  const doctor = createDoctor({ ...recovery.doctor, clock, env, carrying, cipherCosts: ciphers.costs, ...doctorsEyes(tunnels) });

  const ending = new AbortController();
  const autoReload = autoReloadFor(options, { clock, log, files: () => tunnels.files(), signal: ending.signal });
  const { promise: asked, resolve: stop } = deferred<void>();
  const logs = followLog(log, paths.logs);
  const looks = { health: healthOf(paths), memory: () => memoryOf(tunnels, carrying) };
  const served = await serve({ tunnels, prompts, doctor, logs, ...looks, stop, ending: ending.signal, clock }, paths.socket);
  log.info('supervisor-started', { text: `The supervisor ${VERSION} runs as pid ${process.pid}.` });
  tunnels.restore(wanted.all());
  bringUp({ tunnels, log }, options);
  const during = { clock, ending: ending.signal };
  keepSourcesFresh({ paths, env, random: Math.random, log, onFetched: () => autoReload?.soon(), ...during });
  giveMemoryBack({ load: loopLoad(), heapBytes, collect: () => collect(data), ...during });

  const stopped = asked.then(async () => {
    served.stopAccepting();
    log.info('supervisor-stopping', { text: 'The supervisor was asked to stop.' });
    autoReload?.end();
    await closeTunnels({ tunnels, log }, options);
    ending.abort();
    await served.close();
    recovery.close();
    await finish({ log, stores: [wanted, refusals, ciphers] });
    forgetErrors();
  });
  return { stop, stopped };
}

function healthOf(paths: Paths): () => Health {
  const since = new Date(systemClock.now()).toISOString();
  return () => ({ pid: process.pid, version: VERSION, apiVersion: API_VERSION, since, home: paths.state });
}

async function collect(data: DataShared | null): Promise<void> {
  data?.batches.rest();
  await collectGarbage();
}

/** Null: ssh2 is to do it. */
const dataOf = ({ path, limits }: DataSettings): DataShared | null => (path === 'auto' ? sharedData(limits, new Batches()) : null);

const memoryOf = (tunnels: Tunnels, { path, limits }: DataSettings): Memory => ({
  resident: process.memoryUsage.rss(),
  ...tunnels.usage(),
  limits: path === 'auto' ? limits : null,
});

const doctorsEyes = (tunnels: Tunnels): Pick<Parameters<typeof createDoctor>[0], 'lease' | 'snapshot' | 'asked'> => ({
  lease: (route, signal) => tunnels.lease(route, signal),
  snapshot: () => tunnels.snapshot(),
  asked: (name) => tunnels.asked(name),
});

type Watching = Pick<AutoReloadGiven, 'clock' | 'log' | 'files'> & { readonly signal: AbortSignal };

function autoReloadFor({ cli, env, paths }: SupervisorOptions, { signal, ...given }: Watching): AutoReload | null {
  if (cli === undefined) return null;
  return new AutoReload({ ...given, config: paths.config, reload: () => runReload({ cli, env, signal }) });
}

async function startLog({ paths, env, logToStderr }: SupervisorOptions): Promise<Log> {
  if (logToStderr) process.stderr.on('error', () => {});
  return createLog({
    now: systemClock.now,
    file: openLogFile(paths.logs, systemClock.now),
    level: env['TUNNELS_LOG'] === 'debug' ? 'debug' : 'info',
    ...(logToStderr && { mirror: (line) => void process.stderr.write(printLine(line)) }),
    earlier: await readLogLines(paths.logs, { lines: RECENT_LINES }),
  });
}

type Parts = { readonly tunnels: Tunnels; readonly log: Log };

function bringUp({ tunnels, log }: Parts, { up = [] }: SupervisorOptions): void {
  for (const { name, request } of up) {
    tunnels.up(name, request).catch((error: unknown) => log.problem(problemOf(error), { tunnel: name }));
  }
}

/** How long connections may take to drain. */
const DRAIN_MS = 10_000;

/** What was brought up for this run only is down for good; what is wanted otherwise comes back with the next supervisor. */
async function closeTunnels({ tunnels, log }: Parts, { up = [] }: SupervisorOptions): Promise<void> {
  const deadline = new Promise<void>((resolve) => systemClock.after(DRAIN_MS * 1.2, resolve));
  const tell = (error: unknown): void => log.problem(problemOf(error));
  const downs = up.map(({ name }) => tunnels.down(name).catch(tell));
  await Promise.race([
    deadline,
    Promise.all(downs)
      .then(() => tunnels.shutdown(DRAIN_MS))
      .catch(tell),
  ]);
}

async function finish({ log, stores }: { log: Log; stores: readonly { close(): void }[] }): Promise<void> {
  for (const store of stores) store.close();
  log.info('supervisor-stopped', { text: 'The supervisor has stopped.' });
  await log.close();
}
