import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import { BesideSsh, type Row, expectedOf, seenBeside } from '../support/beside-ssh.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { isRoot } from '../support/run.ts';
import type { Sshd } from '../support/sshd.ts';

type Parts = { place: BesideSsh; servers: Record<'far' | 'gate' | 'inner' | 'six', Sshd>; ports: readonly [number, number, number] };
const parts = {} as Parts;

type Given = { far: Sshd; gate: Sshd; inner: Sshd; held: readonly number[] };
type Case = Omit<Row, 'server' | 'config' | 'more'> & {
  readonly to?: keyof Parts['servers'];
  readonly config: (given: Given) => readonly string[];
  readonly more?: (given: Given) => readonly string[];
};

const at = (name: string, { host, port }: Sshd): string => `Host ${name}\n  HostName ${host}\n  Port ${port}\n  UserKnownHostsFile ~/known`;
const both = ({ gate, inner }: Given): readonly string[] => [at('gate', gate), at('inner', inner)];
const WAITING = { exit: 3, wait: 1 } as const;

const CASES: readonly Case[] = [
  { title: 'ProxyCommand', config: () => ['ProxyCommand nc %h %p'] },
  {
    title: 'ProxyCommand with quotes, a pipe and a percent sign',
    config: () => [`ProxyCommand sh -c 'echo "100%% of %r" >&2; exec nc "%h" %p'`],
  },
  { title: 'ProxyCommand of another ssh', config: () => ['ProxyCommand ssh -F ~/config -W %h:%p gate'], more: both },
  { title: 'ProxyCommand that fails', config: () => ['ProxyCommand false'], refused: 'proxy-command-failed', ...WAITING },
  {
    title: 'ProxyCommand that is not there',
    config: () => ['ProxyCommand /nowhere/program %h'],
    refused: 'proxy-command-not-run',
    exit: 2,
  },
  { title: 'ProxyJump', config: () => ['ProxyJump gate'], more: both },
  {
    title: 'ProxyJump to a host that has its own',
    config: () => ['ProxyJump inner'],
    more: (given) => [...both(given), 'Host inner\n  ProxyJump gate'],
  },
  { title: 'ProxyJump by a list', config: () => ['ProxyJump gate,inner'], more: both },
  {
    title: 'ProxyJump none before a ProxyCommand',
    config: () => ['ProxyJump none', 'ProxyCommand false'],
    refused: 'proxy-command-failed',
    ...WAITING,
  },
  { title: 'ProxyCommand none', config: () => ['ProxyCommand none', 'ProxyJump gate'], more: both },
  {
    title: 'ProxyJump to a host that does not know us',
    config: () => ['ProxyJump gate'],
    more: (given) => [at('gate', given.gate), '  IdentityFile ~/.ssh/stranger\n  IdentitiesOnly yes'],
    refused: 'login-refused',
  },
  {
    title: 'Match exec that holds',
    config: () => ['HostKeyAlias far'],
    more: ({ far }) => [`Match exec "test %n = row"\n  Port ${far.port}`],
  },
  {
    title: 'Match exec that sends elsewhere',
    config: () => [],
    more: () => ['Match host 127.0.0.1 exec "true"\n  IdentityFile ~/.ssh/good'],
  },
  { title: 'Match originalhost and user', config: () => [], more: () => ['Match originalhost row user *\n  Compression no'] },
  {
    title: 'Match final',
    config: () => ['IdentityFile ~/.ssh/stranger', 'IdentitiesOnly yes'],
    more: () => ['Match final\n  IdentityFile ~/.ssh/good'],
  },
  { title: 'Include', config: () => ['Include ~/included'] },
  { title: 'Include of nothing', config: () => ['Include ~/nowhere/*'] },
  { title: 'tokens in paths', config: () => ['IdentityFile %d/.ssh/%r-key', 'IdentitiesOnly yes'] },
  { title: 'variables in paths', config: () => ['IdentityFile ${HOME}/.ssh/good', 'IdentitiesOnly yes'] },
  { title: 'BindAddress', config: () => ['BindAddress 127.0.0.77'], log: /Connection from 127\.0\.0\.77/ },
  { title: 'BindAddress that is not ours', config: () => ['BindAddress 192.0.2.1'], refused: 'local-address-missing', ...WAITING },
  { title: 'AddressFamily inet', config: () => ['HostName localhost', 'HostKeyAlias far', 'AddressFamily inet'] },
  { title: 'AddressFamily inet6', to: 'six', config: () => ['AddressFamily inet6'], log: /Connection from ::1/ },
  { title: 'AddressFamily inet6 for an address of the other', config: () => ['AddressFamily inet6'], refused: 'dns-failed', ...WAITING },
  {
    title: 'AddressFamily inet for an address of the other',
    to: 'six',
    config: () => ['AddressFamily inet'],
    refused: 'dns-failed',
    ...WAITING,
  },
  { title: 'an unknown keyword', config: () => ['Nonsense yes'], refused: 'ssh-config-invalid', exit: 2 },
  { title: 'an unknown keyword that IgnoreUnknown names', config: () => ['IgnoreUnknown Non*', 'Nonsense yes'] },
  { title: 'a port that is none', config: () => ['Port none'], refused: 'ssh-config-invalid', exit: 2 },
  {
    title: 'a control master, a command and agent forwarding',
    config: () => ['ControlMaster no', 'ForwardAgent yes', 'RequestTTY yes', 'PermitLocalCommand yes', 'LocalCommand touch ~/ran'],
  },
];

describe.runIf(isRoot)('beside ssh with the same configuration', () => {
  beforeAll(prepare);
  afterAll(() => parts.place?.dispose());

  test.for(CASES)('$title', async ({ to = 'far', config, more, ...row }) => {
    const { place, servers, ports } = parts;
    const given = { ...servers, held: ports };
    const known = [...Object.values(servers).map((each) => each.knownHostsLine()), servers[to].knownHostsLine('far')].join('');
    const whole = { ...row, server: servers[to], known, config: config(given), ...(more && { more: more(given) }) };
    const { seen, said } = await seenBeside(place, whole);
    expect(seen, said).toEqual(expectedOf(whole));
  });

  test('forwards that ssh_config has for the host are not pulled in', async () => {
    const { place, servers, ports } = parts;
    const [local, remote, socks] = ports;
    const forwards = [`LocalForward ${local} ${place.echo.to}`, `RemoteForward ${remote} ${place.echo.to}`, `DynamicForward ${socks}`];
    place.write({ server: servers.far, config: [...forwards, 'ExitOnForwardFailure yes'] });
    const up = await place.cli.run(['up', '-F', `${place.home.home}/config`, '-L', `0:${place.echo.to}`, '--json', 'row']);
    expect(up.code, up.stderr).toBe(0);
    expect(up.json<{ tunnels: TunnelSnapshot[] }>().tunnels[0]!.forwards).toHaveLength(1);
    for (const port of ports) expect(await isFree(port)).toBe(true);
    expect(servers.far.log()).not.toContain('tcpip-forward');
    await place.forget('row');
  });
});

async function prepare(): Promise<void> {
  const place = await BesideSsh.make();
  const [good] = await Promise.all([place.key('good'), place.key('stranger')]);
  const usual = await place.key('id_ed25519');
  const named = await place.key(`${place.user.name}-key`);
  const [far, gate, inner, six] = await Promise.all([
    place.serve(),
    place.serve({ listen: '127.0.0.2' }),
    place.serve({ listen: '127.0.0.3' }),
    place.serve({ listen: '::1' }),
  ]);
  for (const server of [far, gate, inner, six]) for (const key of [usual, good, named]) server.authorize(key.publicLine);
  place.home.write('included', 'IdentityFile ~/.ssh/good\nIdentitiesOnly yes\n');
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  Object.assign(parts, { place, servers: { far, gate, inner, six }, ports });
}
