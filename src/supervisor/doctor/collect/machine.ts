import { firstOpenPort, ownEphemeralPorts } from '../../../platform/ports.ts';
import { hasNativeCrypto } from '../../../ssh/survey/native-crypto.ts';
import type { MachineFacts } from '../facts.ts';

export async function machineFacts(): Promise<MachineFacts> {
  const [ephemeral, open] = await Promise.all([ownEphemeralPorts(), firstOpenPort()]);
  return { subject: 'this machine', nativeCrypto: hasNativeCrypto(), ephemeral, firstOpenPort: open };
}
