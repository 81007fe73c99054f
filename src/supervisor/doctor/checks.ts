import type { Finding } from '../../model/finding.ts';
import { checkAccount } from './checks/account.ts';
import { checkCertificate } from './checks/certificate.ts';
import { checkCipher } from './checks/cipher.ts';
import { checkClientAlive } from './checks/client-alive.ts';
import { checkCredentials } from './checks/credentials.ts';
import { checkDataPath, checkHopDataPath } from './checks/data-path.ts';
import { checkDoubledInterval } from './checks/doubled-interval.ts';
import { checkForwardingPolicy } from './checks/forwarding-policy.ts';
import { checkGatewayPorts } from './checks/gateway-ports.ts';
import { checkHostCertificate } from './checks/host-certificate.ts';
import { checkHostKey } from './checks/host-key.ts';
import { checkLocalBinding } from './checks/local-binding.ts';
import { checkLocalPort } from './checks/local-port.ts';
import { checkReachable } from './checks/reachable.ts';
import { checkRemoteBinding } from './checks/remote-binding.ts';
import { checkRemotePort } from './checks/remote-port.ts';
import { checkSshConfig } from './checks/ssh-config.ts';
import type { HopFacts, LocalFacts, MachineFacts, RemoteFacts, RouteFacts } from './facts.ts';

type Check<Facts> = (facts: Facts) => Finding[];
type Checks = {
  readonly machine: readonly Check<MachineFacts>[];
  readonly route: readonly Check<RouteFacts>[];
  readonly hop: readonly Check<HopFacts>[];
  readonly local: readonly Check<LocalFacts>[];
  readonly remote: readonly Check<RemoteFacts>[];
};

/** Every check, by what it looks at; one more is one more line. */
export const CHECKS: Checks = {
  machine: [checkDataPath],
  route: [checkSshConfig],
  hop: [
    checkCredentials,
    checkCertificate,
    checkHostKey,
    checkHostCertificate,
    checkReachable,
    checkCipher,
    checkHopDataPath,
    checkAccount,
    checkClientAlive,
    checkDoubledInterval,
  ],
  local: [checkLocalBinding, checkLocalPort],
  remote: [checkRemoteBinding, checkForwardingPolicy, checkGatewayPorts, checkRemotePort],
};

export const run = <Facts>(checks: readonly Check<Facts>[], facts: Facts): Finding[] => checks.flatMap((check) => check(facts));
