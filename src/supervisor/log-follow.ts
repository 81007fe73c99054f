import type { LogLine } from '../api/contract.ts';
import { matchesName, readLogLines, selectLines } from '../api/log-files.ts';
import type { LogPort } from '../api/server.ts';
import type { Log } from './log.ts';

/** The log as the API offers it: the files for what lies further back than memory does, then memory, then what comes. */
export function followLog(log: Log, directory: string): LogPort {
  return {
    async follow(query, listener) {
      const everything = { lines: Number.MAX_SAFE_INTEGER };
      const onDisk = await readLogLines(directory, query.since === undefined ? everything : { ...everything, since: query.since });
      const recent = log.recent();
      const cancel = log.subscribe((line) => {
        if (matchesName(line, query)) listener(line);
      });
      return { history: selectLines([...before(recent[0], onDisk), ...recent], query), cancel };
    },
  };
}

/** What the files hold from before the first line in memory; that line may not have reached them yet. */
function before(first: LogLine | undefined, onDisk: readonly LogLine[]): readonly LogLine[] {
  if (first === undefined) return onDisk;
  const text = JSON.stringify(first);
  const at = onDisk.findLastIndex((line) => JSON.stringify(line) === text);
  return at === -1 ? onDisk.filter((line) => line.time < first.time) : onDisk.slice(0, at);
}
