import { createRequire } from 'node:module';
import { requireShape } from './guard.ts';

type SendPacket = (protocol: object, packet: Buffer) => void;
type Write = { allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer };

/** Sends an SSH message that ssh2 has no function for, in its turn. `protocol`: ssh2's. Throws UnknownSsh2. */
export function sendMessage(protocol: { readonly _packetRW?: unknown }, payload: Buffer): void {
  const { write } = requireShape<{ readonly write: unknown }>('Protocol._packetRW', protocol._packetRW, { write: 'object' });
  const { sendPacket } = requireShape<{ readonly sendPacket: SendPacket }>(
    'protocol/utils.js',
    createRequire(import.meta.url)('ssh2/lib/protocol/utils.js'),
    { sendPacket: 'function' },
  );
  const writer = requireShape<Write>('Protocol._packetRW.write', write, { alloc: 'function', finalize: 'function', allocStart: 'number' });
  const packet = writer.alloc(payload.length);
  packet.set(payload, writer.allocStart);
  sendPacket(protocol, writer.finalize(packet));
}
