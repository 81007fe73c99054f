import { firstOpenPort, ownEphemeralPorts } from '../../../platform/ports.ts';
import { hasNativeCrypto } from '../../../ssh/survey/native-crypto.ts';
import type { MachineFacts } from '../facts.ts';
import type { DoctorNeeds } from '../needs.ts';

export async function machineFacts({ carrying }: Pick<DoctorNeeds, 'carrying'>): Promise<MachineFacts> {
  const [ephemeral, open] = await Promise.all([ownEphemeralPorts(), firstOpenPort()]);
  return { subject: 'this machine', nativeCrypto: hasNativeCrypto(), carrying, ephemeral, firstOpenPort: open };
}
