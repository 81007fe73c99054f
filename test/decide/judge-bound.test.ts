import { describe, expect, test } from 'vitest';
import { type BoundEvidence, boundProblem, judgeBound, type Tried } from '../../src/decide/judge-bound.ts';
import { exitCodeOf, wordsOf } from '../../src/model/problem.ts';
import { ME, row, SOCKET } from './evidence.ts';

const at = (host: string) => ({ host, port: 18080 });
const rows = (...hosts: string[]) => hosts.map((host) => row(ME, { host }));
const bound = (asked: string, more: Partial<BoundEvidence>) =>
  judgeBound({ asked: at(asked), rows: null, said: [], uid: ME, others: [], ...more });

describe('What is really bound', () => {
  test.each([
    ['one loopback', '127.0.0.1', ['127.0.0.1']],
    ['the other one', '::1', ['::1']],
    ['both loopbacks', 'localhost', ['127.0.0.1', '::1']],
    ['every address', '*', ['0.0.0.0', '::']],
    ['every address, as the protocol spells it', '', ['0.0.0.0', '::']],
    ['every address of IPv4, or of more', '0.0.0.0', ['0.0.0.0', '::']],
    ['an address of its own', '10.99.2.2', ['10.99.2.2']],
    ['both loopbacks where dropbear was asked for one', '127.0.0.1', ['127.0.0.1', '::1']],
    ['a name of a loopback of its own', 'myhost', ['127.0.1.1']],
  ])('is as asked: %s', (_, asked, hosts) => {
    expect(bound(asked, { rows: rows(...hosts) })).toEqual({ is: 'as-asked', bound: [...hosts].sort() });
  });

  test('is taken on trust where the tables cannot be read, or are not those of the listener', () => {
    expect(bound('localhost', {})).toEqual({ is: 'as-asked', bound: null });
    expect(bound('localhost', { rows: [] })).toEqual({ is: 'as-asked', bound: null });
    expect(judgeBound({ asked: SOCKET, rows: null, said: [], uid: ME, others: [] })).toEqual({ is: 'as-asked', bound: null });
  });

  test('is as asked for dropbear, which listens as root', () => {
    expect(bound('127.0.0.1', { rows: [row(0)], uid: 0 })).toEqual({ is: 'as-asked', bound: ['127.0.0.1'] });
  });
});

describe('Row 22: half-bound', () => {
  test('another program has one family', () => {
    const verdict = bound('localhost', { rows: [row(1002), ...rows('::1')] });
    expect(verdict).toEqual({ is: 'half', bound: ['::1'], missing: ['127.0.0.1'], holder: 1002 });
  });
  test('a program on every address of IPv4 has one family', () => {
    const verdict = bound('localhost', { rows: [row(1002, { host: '0.0.0.0' }), ...rows('::1')] });
    expect(verdict).toMatchObject({ is: 'half', missing: ['127.0.0.1'], holder: 1002 });
  });
  test('a stale session of our own user has one family', () => {
    const verdict = bound('localhost', { rows: [row(ME, { inode: 1 }), row(ME, { host: '::1', inode: 2 })], others: [1] });
    expect(verdict).toEqual({ is: 'half', bound: ['::1'], missing: ['127.0.0.1'], holder: ME });
  });
  test('one address of IPv4 is held, so that none of it is bound', () => {
    const verdict = bound('', { rows: [row(ME, { host: '10.99.2.2', inode: 1 }), row(ME, { host: '::', inode: 2 })], others: [1] });
    expect(verdict).toEqual({ is: 'half', bound: ['::'], missing: ['0.0.0.0'], holder: ME });
  });
  test('an outgoing connection has the port, and nobody is seen listening', () => {
    const verdict = bound('localhost', { rows: [...rows('::1'), row(ME, { state: 'TIME_WAIT', inode: 0 })] });
    expect(verdict).toEqual({ is: 'half', bound: ['::1'], missing: ['127.0.0.1'], holder: null });
  });
  test('is not half where a stranger has what was not asked for', () => {
    expect(bound('127.0.0.1', { rows: [row(ME), row(1002, { host: '::1' })] })).toMatchObject({ is: 'as-asked' });
  });
});

describe('Row 23: widened', () => {
  test('the tables show every address where a loopback was asked for', () => {
    expect(bound('127.0.0.1', { rows: rows('0.0.0.0', '::') })).toEqual({ is: 'widened', bound: ['0.0.0.0', '::'] });
  });
  test('the server said so, and nothing else is known', () => {
    expect(bound('127.0.0.1', { said: ['address-overridden'] })).toEqual({ is: 'widened', bound: ['0.0.0.0', '::'] });
  });
  test('a stranger on every address widens nothing of ours', () => {
    expect(bound('::1', { rows: [row(1002, { host: '0.0.0.0' }), ...rows('::1')] })).toMatchObject({ is: 'as-asked' });
  });
  test('every address is not wider than what was asked', () => {
    expect(bound('*', { rows: rows('0.0.0.0', '::'), said: ['address-overridden'] })).toMatchObject({ is: 'as-asked' });
  });
});

describe('Row 24: narrowed', () => {
  test.each(['', '*', '0.0.0.0', '10.99.2.2', 'myhost'])('%j was asked for, and only loopbacks listen', (asked) => {
    expect(bound(asked, { rows: rows('127.0.0.1', '::1') })).toEqual({ is: 'narrowed', bound: ['127.0.0.1', '::1'] });
  });
});

describe('Row 22: where no table may be read', () => {
  const tried = (more: Partial<Tried>) => bound('localhost', { rows: null, uid: null, tried: { ours: [], deaf: [], closed: [], ...more } });
  test('it is half where only one loopback leads to us', () => {
    const half = { is: 'half', bound: ['::1'], missing: ['127.0.0.1'] };
    expect(tried({ ours: ['::1'], deaf: ['127.0.0.1'] })).toEqual({ ...half, holder: 'unknown' });
    expect(tried({ ours: ['::1'], closed: ['127.0.0.1'] })).toEqual({ ...half, holder: null });
  });
  test.each<Partial<Tried>>([{ ours: ['127.0.0.1', '::1'] }, { ours: ['127.0.0.1'], closed: ['::1'] }, { deaf: ['127.0.0.1', '::1'] }, {}])(
    'nothing is told of %j',
    (more) => {
      expect(tried(more)).toEqual({ is: 'as-asked', bound: null });
    },
  );
});

describe('What the user is told', () => {
  const told = (verdict: ReturnType<typeof bound>, asked: string) => boundProblem(verdict, { asked: at(asked), on: 'bastion' });

  test('nothing where it is as they asked', () => {
    expect(told(bound('127.0.0.1', { rows: rows('127.0.0.1') }), '127.0.0.1')).toBeNull();
  });
  test.each([
    ['half', 'localhost', [row(1002), ...rows('::1')], 'binding-half', /only on ::1; 127\.0\.0\.1 is held .*uid 1002/, /sudo ss -ltnp/],
    ['widened', '127.0.0.1', rows('0.0.0.0', '::'), 'binding-widened', /listens on 0\.0\.0\.0 and ::/, /GatewayPorts clientspecified$/],
    ['narrowed', '*', rows('127.0.0.1', '::1'), 'binding-narrowed', /127\.0\.0\.1 and ::1 alone/, /GatewayPorts clientspecified$/],
  ] as const)('%s, with what is bound', (_, asked, seen, code, text, next) => {
    const found = told(bound(asked, { rows: seen }), asked);
    if (found === null) throw new Error('nothing is told');
    expect([found.code, exitCodeOf(found)]).toEqual([code, 5]);
    expect(wordsOf(found).text).toMatch(text);
    expect(wordsOf(found).next).toMatch(next);
  });
});
