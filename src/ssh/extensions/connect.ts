import type { Client, ConnectConfig } from 'ssh2';
import { forgetExchanges } from './forget-exchange.ts';
import { forgetLogin } from './forget-login.ts';
import { extendKeyExchange, registerKeyExchange } from './key-exchange.ts';
import type { KexInit } from './kexinit.ts';
import { type KeySource, SpareKeys } from './spare-keys.ts';
import { ssh2Tables } from './tables.ts';

export type Algorithms = {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly hmac: readonly string[];
  readonly compress: readonly string[];
};

export type ExtendedConfig = Omit<ConnectConfig, 'algorithms'> & {
  readonly algorithms: Algorithms;
  /** Left out: all are made when they are needed. */
  readonly keys?: KeySource;
};

/** `client.connect` with what our extensions add to ssh2. `theirs`: what the server offers, until the login is done. Throws UnknownSsh2. */
export function connectExtended(
  client: Client,
  { keys = new SpareKeys().at(''), ...config }: ExtendedConfig,
): { theirs(): KexInit | null } {
  let theirs: KexInit | null = null;
  registerKeyExchange(ssh2Tables());
  client.connect(config as unknown as ConnectConfig);
  let isOver = false;
  const seen = (offer: KexInit): void => void (theirs = isOver ? null : offer);
  extendKeyExchange(client, { keys, seen });
  forgetExchanges(client);
  forgetLogin(client);
  client.once('ready', () => {
    isOver = true;
    theirs = null;
  });
  return { theirs: () => theirs };
}
