import { problem } from '../../../src/model/problem.ts';
import type { HopFacts, LocalFacts, MachineFacts, RemoteFacts, ServerFacts } from '../../../src/supervisor/doctor/facts.ts';
import type { ForwardingRules } from '../../../src/ssh/survey/forwarding-rules.ts';
import type { TcpRow } from '../../../src/platform/proc-net.ts';
import { aHop } from '../../ssh/identity/hop.ts';
import { judgeBinding } from '../../../src/decide/judge-binding.ts';
import type { Evidence } from '../../../src/model/binding.ts';
import { evidence } from '../../decide/evidence.ts';

export const machine = (changes: Partial<MachineFacts> = {}): MachineFacts => ({
  subject: 'this machine',
  nativeCrypto: true,
  carrying: { path: 'auto', by: null },
  ephemeral: { first: 32_768, last: 60_999 },
  firstOpenPort: 1024,
  ...changes,
});

export const server = (changes: Partial<ServerFacts> = {}): ServerFacts => ({
  ident: 'OpenSSH_10.0p1',
  shell: { is: 'yes' },
  sftp: { is: 'yes' },
  keepalive: { intervalMs: 15_000, countMax: 3, source: 'sshd', conditional: false },
  ...changes,
});

export const hop = (changes: Partial<HopFacts> = {}): HopFacts => ({
  subject: 'hop ann@bastion:22',
  tunnel: 'db',
  hop: aHop({ name: 'bastion', host: 'bastion', port: 22, user: 'ann' }),
  keys: { login: { labels: ['/k'], skipped: [], certificates: [] }, agent: null },
  known: { pins: [], at: ['/known_hosts:1'], authorities: [], unreadable: [] },
  reached: { is: 'reached' },
  hostCertificate: null,
  cipher: { name: 'aes128-gcm@openssh.com', costs: null },
  data: { path: 'own', plainBecause: null },
  server: server(),
  ...changes,
});

export const failed = (code: 'connect-refused' | 'login-refused' | 'host-key-unknown'): HopFacts['reached'] => {
  const at = { host: 'bastion', port: 22 };
  if (code === 'connect-refused') return { is: 'failed', problem: problem(code, at) };
  if (code === 'login-refused')
    return { is: 'failed', problem: problem(code, { host: 'bastion', user: 'ann', ssh: 'ann@bastion', tried: '/k' }) };
  return {
    is: 'failed',
    problem: problem(code, { ...at, type: 'ssh-ed25519', fingerprint: 'SHA256:x', ssh: 'ann@bastion', asks: true, files: '/known_hosts' }),
  };
};

export const rules = (changes: Partial<ForwardingRules> = {}): ForwardingRules => ({
  gatewayPorts: 'no',
  tcp: 'yes',
  sockets: 'yes',
  disabled: false,
  permitListen: null,
  uncertain: [],
  ...changes,
});

/** What the evidence is judged to be. */
export function seen(found: Partial<Evidence>, socketListens: boolean | null = null): RemoteFacts['state'] {
  const all = evidence(found);
  return { is: 'seen', verdict: judgeBinding(all), evidence: all, socketListens };
}

export const remote = (changes: Partial<RemoteFacts> = {}): RemoteFacts => ({
  subject: 'db hook (127.0.0.1:18080 on bastion)',
  tunnel: 'db',
  on: 'bastion',
  listen: { host: '127.0.0.1', port: 18_080 },
  isPublic: false,
  keyOptions: ['port-forwarding', 'pty'],
  rules: rules(),
  ephemeral: { first: 32_768, last: 60_999 },
  state: seen({ uid: 1001, rows: [] }),
  ...changes,
});

export const local = (changes: Partial<LocalFacts> = {}): LocalFacts => ({
  subject: 'db web (127.0.0.1:8080)',
  tunnel: 'db',
  listen: { host: '127.0.0.1', port: 8080 },
  listener: null,
  holder: null,
  isHeld: false,
  connections: [],
  machine: machine(),
  ...changes,
});

export const tcpRow = (state: TcpRow['state']): TcpRow => ({
  local: { host: '127.0.0.1', port: 8080 },
  remote: { host: '127.0.0.1', port: 40_000 },
  state,
  unsent: 0,
  retransmits: 0,
  uid: 0,
  inode: '0',
});
