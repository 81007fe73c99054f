import { assertNever } from '../model/result.ts';
import type { Remark } from '../ssh/remark.ts';
import type { Log } from './log.ts';

type Given = { readonly log: Log /** The tunnels that it is about; none: it is about no tunnel. */; readonly names: readonly string[] };

/** Writes remarks to the log; what is no connection's own but this program's is told once, and of no tunnel. */
export function remarkTeller(log: Log): (remark: Remark, names: readonly string[]) => void {
  const told = new Set<string>();
  return (remark, names) => {
    if (remark.is !== 'plain-data-path') return tellRemark(remark, { log, names });
    if (told.has(remark.why)) return;
    told.add(remark.why);
    tellRemark(remark, { log, names: [] });
  };
}

/** Writes what a connection has to say besides its state to the log, once for each tunnel that uses it. */
function tellRemark(remark: Remark, { log, names }: Given): void {
  for (const tunnel of names.length === 0 ? [null] : names) tell(remark, { log, tunnel });
}

function tell(remark: Remark, { log, tunnel }: { readonly log: Log; readonly tunnel: string | null }): void {
  switch (remark.is) {
    case 'trouble':
      return log.problem(remark.problem, { tunnel });
    case 'host-key-added': {
      const who = remark.by === 'person' ? 'was trusted by a person' : 'was accepted unseen (StrictHostKeyChecking)';
      return log.info(remark.is, {
        tunnel,
        text: `The new host key of ${placeOf(remark)}, ${remark.key}, ${who} and written to ${remark.file}.`,
      });
    }
    case 'host-keys-updated':
      return log.info(remark.is, { tunnel, text: `${placeOf(remark)} has changed its host keys; in ${remark.file} ${changes(remark)}.` });
    case 'plain-data-path':
      return log.info(remark.is, { tunnel, text: `Bytes take the slower way through ssh2: ${remark.why}. See: tunnels doctor` });
    case 'banner':
      return log.debug(remark.is, { tunnel, text: `${placeOf(remark)} shows: ${remark.text}` });
    default:
      return assertNever(remark);
  }
}

const placeOf = ({ host, port }: { readonly host: string; readonly port: number }): string => (port === 22 ? host : `[${host}]:${port}`);

const changes = ({ added, gone }: Extract<Remark, { is: 'host-keys-updated' }>): string =>
  [...part('there is now', added), ...part('there is no more', gone)].join('; ');

const part = (what: string, keys: readonly string[]): string[] => (keys.length === 0 ? [] : [`${what} ${keys.join(', ')}`]);
