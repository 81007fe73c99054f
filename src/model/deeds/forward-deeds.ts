import { isSocket, printAddress, type Address } from '../address.ts';
import type { Forward, Hop, Profile } from '../profile.ts';
import { deed, type Deed, type Reason } from './deed.ts';
import { looksAlike } from './host-looks.ts';

/** What listens where, and who reaches what through it. */
export const forwardDeeds = ({ forwards, hops }: Pick<Profile, 'forwards' | 'hops'>): Deed[] =>
  forwards.map((forward, index) => {
    const { name, on, from, listen, to } = forward;
    const facts = {
      name,
      at: printAddress(listen),
      to: to === null ? null : printAddress(to),
      from: from === 'local' ? null : hostOf(hops, from),
    };
    const told = { path: ['forwards', index], about: name, reasons: reasonsOf(forward) };
    return on === 'local' ? deed('listen-here', facts, told) : deed('listen-there', { ...facts, on: hostOf(hops, on) }, told);
  });

const hostOf = (hops: readonly Hop[], index: number): string => hops[index]?.host ?? '';

function reasonsOf(forward: Forward): Reason[] {
  const { on, from, listen, to } = forward;
  const there = on !== 'local' && from === 'local';
  const ends = [listen, ...(to === null ? [] : [to])];
  return [
    ...(isPublic(listen) ? ['public' as const] : forward.public ? ['widened' as const] : []),
    ...(to === null && on !== 'local' ? ['socks-there' as const] : []),
    ...(there && to !== null ? reasonsOfTarget(to) : []),
    ...(ends.some((end) => !isSocket(end) && looksAlike(end.host)) ? ['look-alike' as const] : []),
  ];
}

/** Anything but an address that only the machine itself has; a name may be any address. */
const isPublic = (listen: Address): boolean => !isSocket(listen) && !isLoopback(listen.host);

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|0*(:0*){1,6}:0*1)$/i.test(host);

/** What others reach that way: a service of this machine, or of the network around it. */
function reasonsOfTarget(to: Address): Reason[] {
  if (isSocket(to)) return CONTROL_SOCKET.test(to.path) ? ['control-socket'] : SENSITIVE_SOCKET.test(to.path) ? ['sensitive-service'] : [];
  if (CLOUD_KEYS.has(to.host.toLowerCase().replace(/\.$/, ''))) return ['cloud-keys'];
  const beyond = isLoopback(to.host) ? [] : ['beyond-this-machine' as const];
  if (CONTROL_PORTS.has(to.port)) return ['control-socket', ...beyond];
  return to.port < 1024 || SENSITIVE_PORTS.has(to.port) ? ['sensitive-service', ...beyond] : beyond;
}

/** Whoever writes to these commands the machine, or signs with its user's keys. */
const CONTROL_SOCKET = /docker|podman|containerd|crio|lxd|libvirt|systemd|dbus|bus$|agent|X11-unix|wayland|tmux|supervisor/i;
const SENSITIVE_SOCKET = /\.s\.PGSQL|mysql|redis|mongo/i;

/** Docker, X11 and its kin, debuggers, Kubernetes' node agent. */
const CONTROL_PORTS: ReadonlySet<number> = new Set([2375, 2376, 6000, 6001, 6443, 9222, 9229, 10_250]);
/** Where a machine in a cloud asks for its own credentials, without a login: AWS, Azure and Google, AWS by IPv6, Alibaba. */
const CLOUD_KEYS: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  'fd00:ec2::254',
  '100.100.100.200',
  'metadata.google.internal',
]);
/** Databases, desktops, queues and shares. Everything below 1024 is taken for a service of the system. */
const SENSITIVE_PORTS: ReadonlySet<number> = new Set([
  1433, 1521, 2049, 2181, 2379, 3306, 3389, 5432, 5433, 5672, 5900, 5984, 6379, 7000, 7474, 8086, 9000, 9042, 9092, 9200, 9300, 11_211,
  26_257, 27_017, 27_018,
]);
