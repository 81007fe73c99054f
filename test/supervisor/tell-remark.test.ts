import { describe, expect, test } from 'vitest';
import { problem } from '../../src/model/problem.ts';
import type { Remark } from '../../src/ssh/remark.ts';
import { remarkTeller } from '../../src/supervisor/tell-remark.ts';
import { memoryLog } from './memory-log.ts';

const at = { host: 'srv', port: 2222 };

function told(remark: Remark, names: readonly string[] = ['db']): unknown[] {
  const log = memoryLog();
  remarkTeller(log)(remark, names);
  return log.recent().map(({ level, tunnel, event, text }) => [level, tunnel, event, text]);
}

describe('what a connection remarks', () => {
  test('is logged under each tunnel that uses it, or under none', () => {
    const remark: Remark = { is: 'host-key-added', ...at, key: 'ssh-ed25519 SHA256:abc', file: '/k', by: 'person' };
    const text = 'The new host key of [srv]:2222, ssh-ed25519 SHA256:abc, was trusted by a person and written to /k.';
    expect(told(remark, ['db', 'web'])).toEqual(['db', 'web'].map((name) => ['info', name, 'host-key-added', text]));
    expect(told(remark, [])).toEqual([['info', null, 'host-key-added', text]]);
  });

  test('says which keys came and went', () => {
    expect(told({ is: 'host-keys-updated', ...at, port: 22, file: '/k', added: ['a b'], gone: ['c d', 'e f'] })).toEqual([
      ['info', 'db', 'host-keys-updated', 'srv has changed its host keys; in /k there is now a b; there is no more c d, e f.'],
    ]);
  });

  test('is a warning where something could not be done, with what to do', () => {
    const unwritable = problem('known-hosts-unwritable', { ...at, file: '/k', what: 'new', code: 'EROFS' });
    expect(told({ is: 'trouble', problem: unwritable })).toEqual([
      [
        'warn',
        'db',
        'known-hosts-unwritable',
        'The new host key of [srv]:2222 was accepted, but could not be written to /k (EROFS): at the next connection it is new again. Make /k writable for you, with room on its disk, or name another file with UserKnownHostsFile in ssh_config.',
      ],
    ]);
  });

  test('tells of a slower way for bytes once for each reason, however many connections and tunnels take it', () => {
    const log = memoryLog();
    const tell = remarkTeller(log);
    for (const why of ['compression', 'compression', 'another ssh2', 'compression']) tell({ is: 'plain-data-path', why }, ['db', 'web']);
    expect(log.recent().map(({ level, tunnel, event, text }) => [level, tunnel, event, text])).toEqual([
      ['info', null, 'plain-data-path', 'Bytes take the slower way through ssh2: compression. See: tunnels doctor'],
      ['info', null, 'plain-data-path', 'Bytes take the slower way through ssh2: another ssh2. See: tunnels doctor'],
    ]);
  });

  test('keeps long legal texts of a server out of the ordinary log', () => {
    expect(told({ is: 'banner', ...at, text: 'Keep out.' })).toEqual([['debug', 'db', 'banner', '[srv]:2222 shows: Keep out.']]);
  });
});
