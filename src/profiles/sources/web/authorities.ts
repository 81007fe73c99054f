import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/** Where systems keep the certificates of the authorities that they trust. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

/**
 * The authorities that may vouch for a server: node's own, the system's (or SSL_CERT_FILE) and NODE_EXTRA_CA_CERTS, as node
 * of itself knows nothing of the system's. Null: nothing to add to what node takes anyway.
 */
export function trustedAuthorities(env: Readonly<Record<string, string | undefined>>): string[] | null {
  const system = env['SSL_CERT_FILE'] ? [env['SSL_CERT_FILE']] : BUNDLES;
  const texts = [
    system.map(textOf).find((text) => text !== null) ?? null,
    env['NODE_EXTRA_CA_CERTS'] ? textOf(env['NODE_EXTRA_CA_CERTS']) : null,
  ];
  const found = texts.flatMap((text) => text?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []);
  return found.length === 0 ? null : [...new Set([...rootCertificates, ...found])];
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
