import { appendFileSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { type Key, makeKey } from './keys.ts';
import { type Cli, makeCli } from './run-cli.ts';
import { type Sshd, type SshdOptions, startSshd } from './sshd.ts';
import { type TempHome, tempHome } from './temp-home.ts';
import { type TestUser, makeUser } from './users.ts';

export type Lab = {
  /** Who runs the command and logs in on both hops; no root. */
  readonly user: TestUser;
  readonly home: TempHome;
  readonly key: Key;
  readonly bastion: Sshd;
  /** Reached through the bastion. */
  readonly far: Sshd;
  readonly cli: Cli;
  /** The `hops:` of a profile that goes through both. */
  readonly hops: string;
  /** `hops:` with one hop, the bastion. */
  readonly oneHop: string;
  /** Writes a profile of these hops and the forwards given as YAML list items. */
  profile(name: string, forwards: readonly string[], options?: { readonly more?: string; readonly hops?: string }): void;
  dispose(): Promise<void>;
};

export type LabOptions = { readonly bastion?: SshdOptions; readonly far?: SshdOptions; readonly netns?: string };

/**
 * Two real SSH servers, one behind the other, and a throw-away user who may log in on both: his key is authorized and both
 * hosts are in his known_hosts. Everything is named in the profile, so that no ssh_config is needed. Root only.
 */
export async function makeLab(options: LabOptions = {}): Promise<Lab> {
  const user = await makeUser();
  const home = tempHome({ owner: user, at: user.home });
  const key = await makeKey(join(home.home, '.ssh'));
  for (const path of [key.path, `${key.path}.pub`]) chownSync(path, user.uid, user.gid);
  const [bastion, far] = await Promise.all([startSshd({ user, ...options.bastion }), startSshd({ user, ...options.far })]);
  const known = home.write('.ssh/known_hosts', '');
  for (const server of [bastion, far]) {
    server.authorize(key.publicLine);
    appendFileSync(known, server.knownHostsLine());
  }
  const cli = await makeCli({ home, as: user, ...(options.netns && { netns: options.netns }) });
  const oneHop = hopsOf([bastion], key);
  const hops = hopsOf([bastion, far], key);
  return {
    user,
    home,
    key,
    bastion,
    far,
    cli,
    hops,
    oneHop,
    profile: (name, forwards, { more = '', hops: way = hops } = {}) =>
      void home.profile(name, `${way}forwards:\n${forwards.map((item) => `  - ${item}\n`).join('')}${more}`),
    async dispose() {
      await cli.dispose();
      await Promise.all([bastion.stop(), far.stop()]);
      await user.remove();
    },
  };
}

const hopsOf = (servers: readonly Sshd[], key: Key): string =>
  `hops:\n${servers.map(({ host, port, user }) => `  - { host: ${JSON.stringify(host)}, port: ${port}, user: ${user}, identity: ${key.path} }\n`).join('')}`;
