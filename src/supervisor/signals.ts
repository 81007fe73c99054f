import type { Log } from './log.ts';

/**
 * SIGTERM and SIGINT stop; SIGHUP is ignored, as the supervisor outlives the terminal.
 * A signal may come twice for one that was sent: a library beneath conf sends each on to this process again. So `stop` must not mind.
 */
export function onStopSignal(stop: () => void): () => void {
  const ignore = (): void => {};
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', ignore);
  return () => void process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', ignore);
}

/**
 * A promise that nobody awaited and an I/O error that nobody listened for leave everything else as it was: they are logged.
 * After any other uncaught error nothing can be trusted: the process ends with `exit`, and its keeper starts the next.
 */
export function surviveErrors(log: Log, exit: () => void): () => void {
  const tell = (error: unknown): void =>
    log.error('internal', { text: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  const uncaught = (error: unknown): void => {
    tell(error);
    if (!isIoError(error)) exit();
  };
  process.on('unhandledRejection', tell).on('uncaughtException', uncaught);
  return () => void process.off('unhandledRejection', tell).off('uncaughtException', uncaught);
}

const isIoError = (error: unknown): boolean => error instanceof Error && 'syscall' in error && 'errno' in error;
