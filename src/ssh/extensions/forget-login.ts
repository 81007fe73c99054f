import type { Client } from 'ssh2';

/**
 * Once the login is done its messages have no meaning any more (RFC 4252 section 5.1), but ssh2 keeps who hears them, and with
 * these all keys that were tried. To be called once for each client, right after its `connect`.
 */
export function forgetLogin(client: Client): void {
  client.once('ready', () => {
    const handlers = (client as unknown as Internals)._protocol?._handlers;
    // A message without a handler is passed over.
    if (handlers !== undefined) for (const name of OF_THE_LOGIN) handlers[name] = undefined;
  });
}

type Internals = { readonly _protocol?: { readonly _handlers?: Record<string, unknown> } };

const OF_THE_LOGIN = [
  'SERVICE_ACCEPT',
  'EXT_INFO',
  'USERAUTH_BANNER',
  'USERAUTH_FAILURE',
  'USERAUTH_INFO_REQUEST',
  'USERAUTH_PASSWD_CHANGEREQ',
  'USERAUTH_PK_OK',
  'USERAUTH_SUCCESS',
];
