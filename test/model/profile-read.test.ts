import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wordsOfIssue } from '../../src/model/profile-issue.ts';
import { parseHop } from '../../src/model/profile-hop.ts';
import { KEYS } from '../../src/model/profile-shape.ts';
import { checkDocument, readProfile } from '../../src/model/read-profile.ts';

const good = { hops: ['bastion'], forwards: [{ dynamic: 1080 }] };
const RUNS = { numRuns: 300 };

describe('checkDocument and readProfile', () => {
  test('never throw, whatever they are given, and agree', () => {
    fc.assert(
      fc.property(fc.anything(), (document) => {
        expect(checkDocument(document).ok).toBe(readProfile('x', document).ok);
      }),
      RUNS,
    );
  });

  test('never throw for a document with the keys of a profile and any JSON as values, and have words for every error', () => {
    const mapping = (keys: readonly string[]) => fc.dictionary(fc.constantFrom(...keys), fc.jsonValue());
    const near = fc.record(
      {
        hops: fc.array(fc.oneof(fc.string(), mapping(KEYS.hop))),
        forwards: fc.array(mapping(KEYS.forward)),
        keepalive: fc.oneof(fc.jsonValue(), mapping(KEYS.keepalive)),
        idle: fc.jsonValue(),
        hold: fc.jsonValue(),
        groups: fc.jsonValue(),
        sshOptions: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(near, (document) => {
        const read = readProfile('x', document);
        for (const issue of read.ok ? [] : read.error) expect(wordsOfIssue(issue)).toMatch(/^\P{Cc}+$/u);
      }),
      RUNS,
    );
  });

  test('a value of the wrong type has exactly one error', () => {
    for (const key of KEYS.profile) {
      const checked = checkDocument({ ...good, [key]: true });
      expect(checked.ok ? [] : checked.error.map(({ path }) => path)).toEqual([[key]]);
    }
  });

  test('a circular or very deep document is an error, not an overflow', () => {
    const circular: Record<string, unknown> = { ...good };
    circular['hops'] = [circular];
    expect(checkDocument(circular).ok).toBe(false);
    let deep: unknown = 'x';
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(checkDocument({ ...good, groups: deep }).ok).toBe(false);
  });

  test('keys that belong to every object are unknown keys like others', () => {
    const document: unknown = JSON.parse('{"hops":["a"],"forwards":[{"dynamic":1}],"__proto__":{"a":1},"constructor":1}');
    const checked = checkDocument(document);
    expect(checked.ok ? [] : checked.error.map(({ path }) => path[0])).toEqual(['__proto__', 'constructor']);
  });

  test('a name that is a path or an option is an error', () => {
    for (const name of ['', '../x', '-x', 'a/b', '.x', 'x'.repeat(65)])
      expect(readProfile(name, good)).toMatchObject({ ok: false, error: [{ code: 'bad-name' }] });
  });

  test('no error of a document repeats what is in a private key, wherever it is put', () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----';
    const documents = [
      ...KEYS.profile.map((name) => ({ ...good, [name]: key })),
      ...KEYS.hop.map((name) => ({ ...good, hops: [{ host: 'a', [name]: key }] })),
    ];
    const forwards = [...KEYS.forward, key].map((name) => ({ ...good, forwards: [{ [name]: key }] }));
    for (const document of [...documents, ...forwards]) {
      const checked = checkDocument(document);
      const issues = checked.ok ? [] : checked.error;
      expect(issues.map(({ code }) => code)).toContain('secret');
      expect(issues.map(wordsOfIssue).join('\n')).not.toMatch(/b3Blb|BEGIN|END/);
    }
  });
});

describe('parseHop', () => {
  test('takes no host or user that ssh would take for an option or a shell would act on', () => {
    for (const text of ['-x', 'a@-x', '-a@x', 'a;b', '$(a)', '`a`', 'a b', 'a|b', "a'b", 'a\nb']) expect(parseHop(text).ok).toBe(false);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => void parseHop(text)),
      RUNS,
    );
  });
});
