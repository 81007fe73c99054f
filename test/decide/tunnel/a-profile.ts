import type { Forward, Profile } from '../../../src/model/profile.ts';

export const forward = (over: Partial<Forward> = {}): Forward => ({
  name: 'f',
  kind: 'local',
  on: 'local',
  listen: { host: '127.0.0.1', port: 15432 },
  from: 0,
  to: { host: 'db', port: 5432 },
  onConflict: ['reclaim', 'wait'],
  fallbackPorts: null,
  giveUpAfterMs: null,
  public: false,
  ...over,
});

export const remote = (over: Partial<Forward> = {}): Forward =>
  forward({ name: 'r', kind: 'remote', on: 0, from: 'local', listen: { host: '127.0.0.1', port: 18080 }, ...over });

export const hop = (over: Partial<Profile['hops'][0]> = {}): Profile['hops'][0] => ({
  host: 'bastion',
  user: null,
  port: null,
  identity: [],
  hostKey: [],
  ...over,
});

export const profile = (over: Partial<Profile> = {}): Profile => ({
  name: 'db-prod',
  description: null,
  groups: [],
  hops: [hop()],
  forwards: [forward(), remote()],
  keepalive: 'mirror',
  idleMs: null,
  holdMs: 30_000,
  deadman: 'auto',
  secondLogin: 'never',
  ssh: { configFile: null, options: [] },
  ...over,
});
