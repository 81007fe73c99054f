import { describe, expect, test } from 'vitest';
import { judgeHostKey, type KnownKey } from '../../src/decide/judge-host-key.ts';

const key = (type: string, blob: string, line = 1): KnownKey => ({ type, blob, fingerprint: `SHA256:${blob}`, file: '/k', line });
const offered = key('ssh-ed25519', 'A');
const judge = (evidence: { known?: KnownKey[]; revoked?: KnownKey[]; pins?: string[] }) =>
  judgeHostKey({ offered, known: [], revoked: [], pins: [], ...evidence });

describe('the verdict about a host key', () => {
  test('a key that is on file is trusted, though another of its type is on file too', () => {
    expect(judge({ known: [key('ssh-ed25519', 'B'), offered] })).toEqual({ is: 'trusted' });
  });

  test('another key of the same type is a change, and the line is told', () => {
    const other = key('ssh-ed25519', 'B', 7);
    expect(judge({ known: [key('ssh-rsa', 'C'), other] })).toEqual({ is: 'changed', known: other });
  });

  test('with keys of other types only, it is a change too', () => {
    const other = key('ssh-rsa', 'C');
    expect(judge({ known: [other] })).toEqual({ is: 'changed', known: other });
    expect(judge({})).toEqual({ is: 'unknown' });
  });

  test('a revoked key is refused whatever else vouches for it', () => {
    const by = key('ssh-ed25519', 'A', 3);
    expect(judge({ known: [offered], revoked: [by], pins: ['SHA256:A'] })).toEqual({ is: 'revoked', by });
  });

  test('that another key is revoked says nothing about this one', () => {
    expect(judge({ known: [offered], revoked: [key('ssh-ed25519', 'B')] })).toEqual({ is: 'trusted' });
    expect(judge({ revoked: [key('ssh-ed25519', 'B')] })).toMatchObject({ is: 'unknown' });
  });

  test('with pins, only they count', () => {
    expect(judge({ pins: ['SHA256:B', 'SHA256:A'] })).toEqual({ is: 'trusted' });
    expect(judge({ pins: ['SHA256:A='] })).toEqual({ is: 'trusted' });
    expect(judge({ known: [offered], pins: ['SHA256:B'] })).toEqual({ is: 'not-pinned' });
    expect(judge({ known: [offered], pins: ['sha256:a'] })).toEqual({ is: 'not-pinned' });
  });
});
