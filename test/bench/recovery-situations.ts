import { run } from '../support/run.ts';
import { snapshot } from '../support/status.ts';
import { until } from '../support/until.ts';
import { sleep } from './one-at-a-time.ts';
import type { ProfileText } from './recovery-clients.ts';
import { boundAgain, boundElsewhere, foretold, freedWithoutUs, type Measure, servedAgain } from './recovery-measures.ts';
import { IS_OPENSSH_10, type Place, type PlaceOptions } from './recovery-place.ts';

/** What happens to a tunnel that is up, and what is looked at afterwards. */
export type Situation = {
  readonly what: string;
  readonly place: PlaceOptions;
  readonly profile?: (place: Place) => ProfileText;
  /** Waits until the cut may come. */
  readonly ready?: (place: Place) => Promise<void>;
  /** From the cut to the network's return; null: it does not return while it is measured. */
  readonly seconds: number | null;
  /** Done right after the cut. */
  readonly whileAway?: (place: Place) => Promise<void>;
  readonly measure: Measure;
  /** The same for who announces nothing. */
  readonly silently?: Measure;
};

/** Shorter outages end no session of either tool. */
const PATIENCE_S = 5;
/** Longer than 5 s x 3, so that both tools have given the connection up. */
const LONG_S = 25;
const NO_SHELL = 'ForceCommand /bin/false';

export const outage = (seconds: number, shell: 'shell' | 'no shell'): Situation => ({
  what: `outage of ${seconds} s, ${shell}`,
  place: shell === 'shell' ? {} : { sshd: [NO_SHELL] },
  seconds,
  measure: seconds < PATIENCE_S ? servedAgain : boundAgain,
});

export const natFlushed: Situation = {
  what: `outage of ${LONG_S} s, the NAT between forgot its map, no shell`,
  place: { nat: true, sshd: [NO_SHELL] },
  seconds: LONG_S,
  whileAway: async ({ network }) => await network.forgetFlows(),
  measure: boundAgain,
};

const anotherAddress = async ({ network }: Place): Promise<void> => void (await network.changeClientAddress());

export const addressChanged: Situation = {
  what: `outage of ${LONG_S} s, another client address, shell`,
  place: {},
  seconds: LONG_S,
  whileAway: anotherAddress,
  measure: boundAgain,
};

export const supervisorKilled: Situation = {
  what: 'supervisor killed -9 in an outage of 15 s, another client address, shell',
  place: {},
  seconds: 15,
  async whileAway(place) {
    await anotherAddress(place);
    const { cli } = place.lab;
    const pid = (await snapshot(cli)).supervisor?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await until(async () => ((await snapshot(cli)).supervisor?.pid ?? pid) !== pid, { what: 'another supervisor', everyMs: 500 });
  },
  measure: boundAgain,
};

const DEADMAN_S = 5;

export const deadMansSwitch: Situation = {
  what: `dead-man's switch of ${DEADMAN_S} s, from the cut until the port is free, without us`,
  place: {},
  profile: () => ({ deadman: `${DEADMAN_S}s` }),
  async ready({ lab }) {
    // The switch is the script that has its seconds as first argument, after the nonce.
    const armed = ['-u', lab.user.name, '-f', `sh -s [0-9a-f]+ ${DEADMAN_S} `];
    await until(async () => (await run('pgrep', armed)).stdout !== '', { what: 'the switch to be armed', everyMs: 100 });
  },
  seconds: null,
  measure: freedWithoutUs,
};

/** OpenSSH 9.2 doubles the interval, so that either lets go after 40 s. */
const ALIVE_S = IS_OPENSSH_10 ? 10 : 5;
const CLIENT_ALIVE = [`ClientAliveInterval ${ALIVE_S}`, 'ClientAliveCountMax 3'];

/** The account may read the server's settings. */
export const waitedFor: Situation = {
  what: `outage of 12 s, another client address, SFTP but no shell, ClientAliveInterval ${ALIVE_S} x 3`,
  place: { sshd: [...CLIENT_ALIVE, 'ForceCommand internal-sftp'] },
  seconds: 12,
  whileAway: anotherAddress,
  measure: foretold,
  silently: boundAgain,
};

/** The account may do nothing, so the server's patience shows only in its own questions, and only to who asks less often. */
export const waitedForUnseen: Situation = {
  what: `outage of ${LONG_S} s, another client address, neither shell nor SFTP, ClientAliveInterval ${ALIVE_S} x 3`,
  place: { sshd: [...CLIENT_ALIVE, NO_SHELL] },
  profile: () => ({ keepalive: '{ interval: 12s, countMax: 1 }' }),
  ready: async () => await sleep(25_000),
  seconds: LONG_S,
  whileAway: anotherAddress,
  measure: foretold,
};

export const fallenBack: Situation = {
  what: `outage of ${LONG_S} s, another client address, no shell, a fallback port allowed`,
  place: { sshd: [NO_SHELL] },
  profile: ({ fallback }) => ({ forward: `, onConflict: [reclaim, fallback], fallbackPorts: "${fallback}"` }),
  seconds: LONG_S,
  whileAway: anotherAddress,
  measure: boundElsewhere,
};
