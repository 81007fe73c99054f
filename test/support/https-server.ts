import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { must } from './run.ts';
import { tempDir } from './temp-home.ts';

export type HttpsServer = {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string;
  /** The certificate of the authority that vouches for it: for NODE_EXTRA_CA_CERTS. */
  readonly authority: string;
  stop(): Promise<void>;
};

/** A real HTTPS server on the loopback, with a certificate for 127.0.0.1 that openssl(1) made it. */
export async function startHttps(listener: RequestListener): Promise<HttpsServer> {
  const dir = tempDir('tls');
  const [key, authority] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const names = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await must('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', authority]);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(authority) }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
