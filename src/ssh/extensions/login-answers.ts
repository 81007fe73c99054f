import type { Client } from 'ssh2';
import { UnknownSsh2 } from './guard.ts';

export type LoginEars = {
  /** SSH_MSG_USERAUTH_FAILURE (RFC 4252 section 5.1): the methods that can go on, and whether what was tried is one step done. */
  readonly onRefused: (methods: readonly string[], partial: boolean) => void;
  /** SSH_MSG_USERAUTH_PASSWD_CHANGEREQ (RFC 4252 section 8). `change` sends both passwords, neither of them empty. */
  readonly onPasswordExpired: (prompt: string, change: (old: string, fresh: string) => void) => void;
};

/**
 * Hears the server's answers to a login as they come. ssh2 by itself tells its authHandler the answer before last when an
 * agent's key was refused, and so loses that one was accepted; and it answers a request for a new password with one that
 * it never had. To be called after `connect`, which makes what is wrapped here.
 */
export function hearLogin(client: Client, user: string, { onRefused, onPasswordExpired }: LoginEars): void {
  const { _handlers: handlers } = protocolOf(client);
  const inner = handlers['USERAUTH_FAILURE'];
  handlers['USERAUTH_FAILURE'] = (protocol, methods, partial) => {
    onRefused(Array.isArray(methods) ? methods.map(String) : [], partial === true);
    inner?.(protocol, methods, partial);
  };
  handlers['USERAUTH_PASSWD_CHANGEREQ'] = (_, prompt) => {
    onPasswordExpired(String(prompt), (old, fresh) => {
      const protocol = protocolOf(client);
      // The request is answered; ssh2 would take the server's next word of the same number for another of them.
      protocol._authsQueue.shift();
      protocol.authPassword(user, old, fresh);
    });
  };
}

type Protocol = {
  readonly _authsQueue: string[];
  readonly _handlers: Record<string, ((...args: unknown[]) => void) | undefined>;
  authPassword(user: string, password: string, fresh: string): void;
};

function protocolOf(client: Client): Protocol {
  const protocol = (client as unknown as { readonly _protocol?: Partial<Protocol> })._protocol;
  const handlers = protocol?._handlers;
  const known =
    Array.isArray(protocol?._authsQueue) &&
    typeof protocol.authPassword === 'function' &&
    typeof handlers?.['USERAUTH_FAILURE'] === 'function' &&
    typeof handlers['USERAUTH_PASSWD_CHANGEREQ'] === 'function';
  if (!known) throw new UnknownSsh2('ssh2 does not hear a login as expected');
  return protocol as Protocol;
}
