import { type Lab, makeLab } from '../../support/lab.ts';
import { type LongLinkOptions, makeLongLink } from './long-link.ts';
import { compile, loadRunner, type Programs, type RunLoad, startTarget, type Target } from './programs.ts';

/** Where the rows of one kind of link are measured: the servers, who logs in, and what lies behind them. */
export type Place = {
  readonly lab: Lab;
  readonly programs: Programs;
  readonly target: Target;
  readonly load: RunLoad;
  /** The clients' network namespace. */
  readonly netns?: string;
  dispose(): Promise<void>;
};

// A log of every channel would be paid for in each short connection.
const SSHD = { config: ['LogLevel INFO'] };

/** Everything on 127.0.0.1. */
export async function loopback(): Promise<Place> {
  const programs = await compile();
  const target = await startTarget(programs);
  const lab = withConfig(await makeLab({ bastion: SSHD, far: SSHD }));
  return {
    lab,
    programs,
    target,
    load: loadRunner(programs),
    async dispose() {
      await lab.dispose();
      await target.stop();
    },
  };
}

/** The clients at one end of a long link, the servers and the target at the other. */
export async function overLongLink(options: LongLinkOptions): Promise<Place> {
  const programs = await compile();
  const link = await makeLongLink(programs, options);
  const target = await startTarget(programs, link.server);
  const there = { ...SSHD, netns: link.server, listen: link.serverAddress };
  const lab = withConfig(await makeLab({ bastion: there, far: there, netns: link.client }));
  return {
    lab,
    programs,
    target,
    load: loadRunner(programs, link.client),
    netns: link.client,
    async dispose() {
      await lab.dispose();
      await target.stop();
      await link.dispose();
    },
  };
}

/** With the ssh_config of both clients: the hops by name, and the first one by as many names as anybody wants. */
function withConfig(lab: Lab): Lab {
  const host = (names: string, { host: address, port }: { host: string; port: number }): string =>
    `Host ${names}\n  HostName ${address}\n  Port ${port}\n  IdentityFile ${lab.key.path}\n`;
  lab.home.write('.ssh/config', host('bench-bastion own-*', lab.bastion) + host('bench-far', lab.far));
  return lab;
}
