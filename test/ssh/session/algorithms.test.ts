import { describe, expect, test } from 'vitest';
import { problemOf } from '../../../src/model/problem.ts';
import { OPENSSH } from '../../../src/ssh/config/openssh-algorithms.ts';
import type { KexInit } from '../../../src/ssh/extensions/kexinit.ts';
import { DEFAULT_OPTIONS, type HopOptions } from '../../../src/ssh/hop-options.ts';
import { algorithmsFor, mismatch } from '../../../src/ssh/session/algorithms.ts';
import { aHop } from '../identity/hop.ts';

const hopWith = (algorithms: Partial<HopOptions['algorithms']> = {}) =>
  aHop({ algorithms: { ...DEFAULT_OPTIONS.algorithms, ...algorithms } });
const offer = (algorithms: Partial<HopOptions['algorithms']> = {}) => algorithmsFor(hopWith(algorithms), { hostKeys: ['ssh-ed25519'] });
const problemWith = (algorithms: Partial<HopOptions['algorithms']>) => {
  try {
    return offer(algorithms);
  } catch (error) {
    return problemOf(error);
  }
};

describe('what is offered', () => {
  test('is post-quantum first, with nothing weak', () => {
    const { kex, cipher, hmac, compress } = offer();
    expect(kex.slice(0, 4)).toEqual([
      'mlkem768x25519-sha256',
      'sntrup761x25519-sha512',
      'sntrup761x25519-sha512@openssh.com',
      'curve25519-sha256',
    ]);
    expect([...kex, ...cipher, ...hmac].filter((name) => /sha1|cbc|md5|arcfour|group1-|-96/.test(name))).toEqual([]);
    expect(cipher).toEqual(expect.arrayContaining(['aes128-gcm@openssh.com', 'aes256-ctr', 'chacha20-poly1305@openssh.com']));
    expect(compress).toEqual(['none']);
  });

  test('is what ssh_config names, in its order, as far as it can be done', () => {
    const asked = {
      kex: ['diffie-hellman-group1-sha1', 'unknown', 'sntrup761x25519-sha512'],
      ciphers: ['3des-cbc', 'unknown', 'aes128-ctr'],
    };
    expect(offer({ ...asked, macs: ['umac-64@openssh.com', 'hmac-sha1'] })).toMatchObject({
      kex: ['diffie-hellman-group1-sha1', 'sntrup761x25519-sha512'],
      cipher: ['3des-cbc', 'aes128-ctr'],
      hmac: ['hmac-sha1'],
    });
  });

  test('is the fastest cipher first where ssh_config names none, and not where it does', () => {
    const [aes, chacha] = ['aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'];
    const given = { hostKeys: ['ssh-ed25519'], cipherCosts: { 'aes128-gcm@openssh.com': 9, [aes]: 9, [chacha]: 1 } };
    const ciphersOf = (ciphers: readonly string[] | null) => algorithmsFor(hopWith({ ciphers }), given).cipher;
    expect(ciphersOf(null)[0]).toBe(chacha);
    expect(ciphersOf(null).toSorted()).toEqual(offer().cipher.toSorted());
    expect(ciphersOf([aes, chacha])).toEqual([aes, chacha]);
    expect(ciphersOf([aes])).toEqual([aes]);
  });

  test('is a cipher that authenticates before any that does not', () => {
    const { cipher } = offer();
    expect(cipher.slice(0, 3).toSorted()).toEqual(['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com']);
    expect(cipher.slice(3).every((name) => name.endsWith('-ctr'))).toBe(true);
    expect(cipher.toSorted()).toEqual(OPENSSH.ciphers.toSorted());
  });

  test('is none of what needs a MAC where all MACs asked for are unknown', () => {
    const { cipher } = offer({ ciphers: ['aes128-ctr', 'aes256-gcm@openssh.com'], macs: ['umac-128@openssh.com'] });
    expect(cipher).toEqual(['aes256-gcm@openssh.com']);
  });

  test('cannot be nothing: that is told with what was asked for', () => {
    const missing = (kind: string, asked: string) => ({ code: 'algorithms-missing', facts: expect.objectContaining({ kind, asked }) });
    expect(problemWith({ kex: ['a', 'b'] })).toMatchObject(missing('kex', 'a,b'));
    expect(problemWith({ ciphers: ['a'] })).toMatchObject(missing('cipher', 'a'));
    expect(problemWith({ ciphers: ['aes128-ctr'], macs: ['umac-64@openssh.com'] })).toMatchObject(missing('mac', 'umac-64@openssh.com'));
  });
});

describe('what is not in common', () => {
  const theirs = (over: Partial<KexInit> = {}): KexInit => ({
    kex: ['curve25519-sha256', 'kex-strict-s-v00@openssh.com'],
    hostKey: ['ssh-ed25519'],
    cipherOut: ['aes128-ctr'],
    cipherIn: ['aes128-ctr'],
    macOut: ['hmac-sha2-256'],
    macIn: ['hmac-sha2-256'],
    compressOut: ['none'],
    compressIn: ['none'],
    languageOut: [],
    languageIn: [],
    ...over,
  });
  const told = (over: Partial<KexInit>) => mismatch(hopWith(), offer(), theirs(over));

  test('is nothing where each list has a name of ours', () => expect(told({})).toBe(null));

  test('is told for the first list that has none, with what would do if it were allowed', () => {
    expect(told({ kex: ['diffie-hellman-group1-sha1', 'kex-strict-s-v00@openssh.com'], hostKey: ['ssh-dss'] })).toMatchObject({
      code: 'no-common-algorithm',
      facts: { kind: 'kex', theirs: 'diffie-hellman-group1-sha1', could: 'diffie-hellman-group1-sha1' },
    });
    expect(told({ hostKey: ['ssh-dss'] })).toMatchObject({ facts: { kind: 'hostKey', could: '' } });
    expect(told({ cipherIn: ['made-up'] })).toMatchObject({ facts: { kind: 'cipher', theirs: 'made-up', could: '' } });
    expect(told({ macIn: ['hmac-sha1', 'umac-64@openssh.com'] })).toMatchObject({ facts: { kind: 'mac', could: 'hmac-sha1' } });
  });

  test('does not regard MACs where the cipher needs none', () => {
    const gcm = ['aes128-gcm@openssh.com'];
    expect(told({ cipherIn: gcm, cipherOut: gcm, macIn: [], macOut: [] })).toBe(null);
  });
});
