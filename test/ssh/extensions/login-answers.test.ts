import ssh2, { type Client } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { UnknownSsh2 } from '../../../src/ssh/extensions/guard.ts';
import { hearLogin } from '../../../src/ssh/extensions/login-answers.ts';

const ears = { onRefused: () => {}, onPasswordExpired: () => {} };
const heard = (protocol: object): void => hearLogin({ _protocol: protocol } as unknown as Client, 'ann', ears);
const known = { _authsQueue: [], authPassword: () => {}, _handlers: { USERAUTH_FAILURE: () => {}, USERAUTH_PASSWD_CHANGEREQ: () => {} } };

describe('the ears for a login', () => {
  test('fail loudly in an ssh2 that is built in another way, whichever part it is', () => {
    expect(() => heard(known)).not.toThrow();
    for (const part of Object.keys(known)) expect(() => heard({ ...known, [part]: undefined })).toThrow(UnknownSsh2);
    for (const name of Object.keys(known._handlers)) {
      expect(() => heard({ ...known, _handlers: { ...known._handlers, [name]: undefined } })).toThrow(UnknownSsh2);
    }
  });

  test('fail loudly before there is a connection', () => {
    expect(() => hearLogin(new ssh2.Client(), 'ann', ears)).toThrow(UnknownSsh2);
  });
});
