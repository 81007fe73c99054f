import { printDuration } from '../duration.ts';
import { EXIT, type Entries } from './entry.ts';
import { itSaid } from './it-said.ts';

/** How the way to the first hop begins on this machine, as ssh_config says. A command itself is never told: it may hold a secret. */
export type WayFacts = {
  /** `exit`: the code, signal or system error that it ended with. `said`: the last lines of its standard error. */
  'proxy-command-failed': { readonly host: string; readonly exit: number | string; readonly said: string };
  'proxy-command-not-run': { readonly host: string; readonly said: string };
  'proxy-command-silent': { readonly host: string; readonly ms: number; readonly said: string };
  'local-address-missing': {
    readonly host: string;
    readonly setting: 'BindAddress' | 'BindInterface';
    readonly value: string;
    readonly code: string;
  };
};

const see = (host: string): string => `See the command: ssh -G ${host} | grep -i proxycommand`;

export const WAY: Entries<WayFacts> = {
  'proxy-command-failed': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `The ProxyCommand for ${f.host} ended (${f.exit}) before there was a connection.${itSaid(f.said)}`,
    next: (f) => `${see(f.host)}; tunnels goes on trying, less and less often.`,
  },
  'proxy-command-not-run': {
    retry: 'person',
    exit: EXIT.usage,
    text: (f) => `The ProxyCommand for ${f.host} cannot be run: its program is not there or may not be run.${itSaid(f.said)}`,
    next: (f, tunnel) => `${see(f.host)}; name its program with the whole path; then: tunnels restart ${tunnel}`,
  },
  'proxy-command-silent': {
    retry: 'answered',
    exit: EXIT.failed,
    text: (f) => `The ProxyCommand for ${f.host} passed nothing on for ${printDuration(f.ms)}.${itSaid(f.said)}`,
    next: (f) => `${see(f.host)}; give it more time with ConnectTimeout; tunnels goes on trying.`,
  },
  'local-address-missing': {
    retry: 'unanswered',
    exit: EXIT.failed,
    text: (f) => `The connection to ${f.host} is to begin at ${f.value} (${f.setting}), which this machine does not have now (${f.code}).`,
    next: () => 'Check that VPN or interface (ip address), or take the setting out of ssh_config; tunnels goes on trying.',
  },
};
