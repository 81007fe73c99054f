import * as v from 'valibot';
import { loopLoad } from '../../platform/loop-load.ts';
import { machineKey } from '../../ssh/ciphers/machine-key.ts';
import { measureCiphers } from '../../ssh/ciphers/measure-ciphers.ts';
import { openStore, type StoreNeeds } from '../stores.ts';
import { CipherSpeeds } from './cipher-speeds.ts';

const SCHEMA = v.record(v.string(), v.record(v.string(), v.pipe(v.number(), v.gtValue(0))));

/** With what this machine has measured before. */
export function openCipherSpeeds(needs: StoreNeeds): Pick<CipherSpeeds, 'costs' | 'close'> {
  const store = openStore({ name: 'ciphers', schema: SCHEMA, empty: {} }, needs);
  const { clock, log } = needs;
  const measure = (signal: AbortSignal) => measureCiphers({ clock, signal });
  const speeds = new CipherSpeeds({ clock, log, store, machine: machineKey, measure, load: loopLoad() });
  return {
    costs: speeds.costs,
    close() {
      speeds.close();
      store.close();
    },
  };
}
