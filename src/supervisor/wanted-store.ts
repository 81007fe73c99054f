import * as v from 'valibot';
import { openStore, type StoreNeeds } from './stores.ts';

const WantedTunnelSchema = v.object({
  name: v.string(),
  wanted: v.picklist(['up', 'down']),
  /** The profile as a document. */
  profile: v.record(v.string(), v.unknown()),
  origin: v.string(),
  /** Every file that the profile was made of. */
  files: v.exactOptional(v.array(v.string())),
  /** The agent's socket of whoever asked last. */
  agent: v.exactOptional(v.string()),
});

/** What the user asked for, kept so that the next supervisor can go on with it. */
export type WantedTunnel = v.InferOutput<typeof WantedTunnelSchema>;

export interface WantedStore {
  all(): readonly WantedTunnel[];
  /** Both throw `state-unwritable` after keeping the change in memory. */
  put(tunnel: WantedTunnel): void;
  remove(name: string): void;
  close(): void;
}

export function openWantedStore(needs: StoreNeeds): WantedStore {
  const store = openStore({ name: 'wanted', schema: v.array(WantedTunnelSchema), empty: [] }, needs);
  const without = (name: string): WantedTunnel[] => store.get().filter((tunnel) => tunnel.name !== name);
  return {
    all: () => store.get(),
    put: (tunnel) => store.set([...without(tunnel.name), tunnel]),
    remove: (name) => store.set(without(name)),
    close: () => store.close(),
  };
}
