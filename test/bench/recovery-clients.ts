import { type Background, background } from '../support/child.ts';
import { untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';
import { look, type Place } from './recovery-place.ts';

/** What keeps a tunnel up. */
export type Client = {
  readonly name: 'tunnels' | 'autossh';
  /** Returns once the port is bound on the server. */
  start(place: Place, profile: ProfileText): Promise<{ stop(): Promise<void> }>;
};

/** What the situation's profile has more than the others'; autossh has no word for any of it. */
export type ProfileText = {
  /** Of the forward, in YAML's flow style, such as `, onConflict: [wait]`. */
  readonly forward?: string;
  readonly keepalive?: string;
  /** The dead-man's switch; off, so that like is compared with like. */
  readonly deadman?: string;
};

export const tunnels: Client = {
  name: 'tunnels',
  async start({ lab, port }, { forward = '', deadman = 'off', keepalive = '{ interval: 5s, countMax: 3 }' }) {
    lab.profile('bench', [`{ remote: ${port}, to: "${lab.bastion.host}:${lab.bastion.port}"${forward} }`], {
      hops: lab.oneHop,
      more: `keepalive: ${keepalive}\ndeadman: ${deadman}\n`,
    });
    const up = await lab.cli.run(['up', 'bench']);
    if (up.code !== 0) throw new Error(up.stderr);
    await untilTunnel(lab.cli, 'bench', ({ state }) => state === 'up');
    return { stop: async () => {} };
  },
};

export const autossh: Client = {
  name: 'autossh',
  async start(place) {
    const { network, lab, port } = place;
    const { bastion, user, key, home } = lab;
    const options = [
      'ServerAliveInterval=5',
      'ServerAliveCountMax=3',
      'ExitOnForwardFailure=yes',
      `UserKnownHostsFile=${home.home}/.ssh/known_hosts`,
    ];
    const as = ['setpriv', '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
    const flags = ['-M', '0', '-N', ...options.flatMap((option) => ['-o', option]), '-i', key.path, '-p', String(bastion.port)];
    const forward = ['-R', `127.0.0.1:${port}:${bastion.host}:${bastion.port}`];
    const child: Background = background(
      'ip',
      ['netns', 'exec', network.names.client, ...as, 'autossh', ...flags, ...forward, `${user.name}@${bastion.host}`],
      { env: { PATH: process.env['PATH'], HOME: home.home, AUTOSSH_GATETIME: '0', AUTOSSH_POLL: '5' }, cwd: '/' },
    );
    await until(() => look(place, port).listener, { what: 'autossh to bind' });
    return { stop: () => child.stop() };
  },
};
