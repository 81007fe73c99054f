import { plainKeyOf } from '../identity/keys/certificate.ts';
import type { Exchange } from './protocol.ts';

type Certified = { readonly blobType: string; readonly plain: string };

/** Host key algorithms with a certificate (OpenSSH's PROTOCOL.certkeys): what the key begins with, and how it signs. */
export const CERTIFIED: ReadonlyMap<string, Certified> = new Map(
  [
    ...['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'].map((type) => [type, type] as const),
    ['rsa-sha2-512', 'ssh-rsa'] as const,
    ['rsa-sha2-256', 'ssh-rsa'] as const,
  ].map(([plain, type]) => [`${plain}-cert-v01@openssh.com`, { blobType: `${type}-cert-v01@openssh.com`, plain }]),
);

/**
 * Where a certificate was agreed on: ssh2 itself compares the type of the key that comes with `serverHostKey`, so that is the
 * certificate's type until the exchange hash is made, over the certificate. The signature is by the key within it.
 */
export function acceptCertificate(exchange: Exchange): void {
  const certified = CERTIFIED.get(exchange.negotiated.serverHostKey);
  if (certified === undefined) return;
  exchange.negotiated.serverHostKey = certified.blobType;
  const finish = exchange.finish;
  exchange.finish = (scOnly) => {
    exchange.negotiated.serverHostKey = certified.plain;
    hashThenVerify(exchange);
    return finish.call(exchange, scOnly);
  };
}

/**
 * ssh2 reads the host key first for the hash, where the certificate belongs, and then to verify the signature with it. Were the
 * order another one, no signature would be right.
 */
function hashThenVerify(exchange: Exchange): void {
  const certificate = exchange._hostKey ?? Buffer.alloc(0);
  const plain = plainKeyOf(certificate);
  let reads = 0;
  Object.defineProperty(exchange, '_hostKey', {
    configurable: true,
    get: () => (reads++ === 0 ? certificate : plain),
    set: () => {},
  });
}
