import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import { run } from '../../support/run.ts';

/** The machine of the figures, in a sentence. */
export async function machine(): Promise<string> {
  const { stderr } = await run('ssh', ['-V']);
  const all = cpus();
  const congestion = (await run('sysctl', ['-n', 'net.ipv4.tcp_congestion_control'])).stdout.trim();
  return [
    `${all.length} cores of ${all[0]?.model.trim() ?? 'an unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GB`,
    `Linux ${release()} (TCP: ${congestion})`,
    `Node.js ${process.version}`,
    `${stderr.trim().split(',')[0]} on both ends`,
    `ssh2's native parts: ${hasNativeParts() ? 'yes' : 'no'}`,
  ].join('; ');
}

function hasNativeParts(): boolean {
  try {
    createRequire(import.meta.url)('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return true;
  } catch {
    return false;
  }
}
