import { DATA_PATH_KEY, DATA_PATH_VARIABLE } from '../../../model/data-settings.ts';
import { advice, allWell, type Finding } from '../../../model/finding.ts';
import type { HopFacts, MachineFacts } from '../facts.ts';

const CHECK = 'data-path';

/** How this machine carries users' bytes: by our own data path unless told otherwise, at its speed only with ssh2's compiled part. */
export function checkDataPath({ subject, nativeCrypto, carrying }: MachineFacts): Finding[] {
  const about = { check: CHECK, subject };
  const found = [
    ...(carrying.path === 'ssh2' ? [advice(about, 'note', asked(carrying.by))] : []),
    ...(nativeCrypto ? [] : [advice(about, 'note', NOT_COMPILED)]),
  ];
  return found.length > 0 ? found : [allWell(about, 'Bytes are carried by the fast data path, encrypted by the compiled part of ssh2.')];
}

/** Of a connection that could not use ours: of one that uses it there is nothing to say that the machine's finding does not. */
export function checkHopDataPath({ subject, data }: HopFacts): Finding[] {
  if (data === null || data.plainBecause === null) return [];
  return [
    advice({ check: CHECK, subject }, 'note', {
      what: `Its bytes take the slower way through ssh2: ${data.plainBecause}.`,
      why: PRICE,
      fix: 'With Compression in ssh_config, leave it out for this host. Otherwise install tunnels again: it needs the ssh2 that it comes with.',
    }),
  ];
}

const PRICE = 'Everything works, at about two thirds of the speed, and on long links at a fraction of it.';

const NOT_COMPILED = {
  what: 'The compiled part of ssh2 is missing, so encryption runs in JavaScript.',
  why: 'Everything works, at about half the upload speed and with more load.',
  fix: 'With a compiler and Python installed, install tunnels again and let its install scripts run; then: tunnels supervisor restart',
};

const asked = (by: MachineFacts['carrying']['by']) => ({
  what: `Bytes take the slower way through ssh2, as ${by === 'variable' ? `${DATA_PATH_VARIABLE}=ssh2` : `the setting ${DATA_PATH_KEY}`} asks for.`,
  why: PRICE,
  fix: `When it is needed no more, ${by === 'variable' ? `unset ${DATA_PATH_VARIABLE}` : `tunnels config unset ${DATA_PATH_KEY}`}; then: tunnels supervisor restart`,
});
