import type { AuthHandlerMiddleware } from 'ssh2';
import { fingerprintOf } from '../identity/host-keys/host-key.ts';

export type LoginAsked = {
  /** Undefined: the answer comes later. */
  readonly hostVerifier: (key: Buffer, answer: (isTrusted: boolean) => void) => boolean | undefined;
  readonly authHandler: AuthHandlerMiddleware;
};

export type LoginDoor = LoginAsked & {
  /** `hostKey`: fingerprint of the one that may come again with a later key exchange, as all of it; null: none may. */
  close(hostKey: string | null): void;
};

/**
 * ssh2 keeps whom it asks for as long as the connection lives. So it asks through this, which lets go of a login that is over,
 * with the keys it was offered and all of known_hosts.
 */
export function loginDoor(given: LoginAsked): LoginDoor {
  let asked: LoginAsked | null = given;
  let taken: string | null = null;
  return {
    hostVerifier(key, answer) {
      if (asked !== null) return asked.hostVerifier(key, answer);
      // Another key: traffic waits and nobody is there to decide, so a new connection asks anew.
      return taken !== null && fingerprintOf(key) === taken;
    },
    authHandler: (...args) => asked?.authHandler(...args),
    close(hostKey) {
      asked = null;
      taken = hostKey;
    },
  };
}
