import { describe, expect, test } from 'vitest';
import { type Problem, problem, wordsOf } from '../../src/model/problem.ts';

const refused = (port?: number): Problem =>
  problem('login-refused', { host: 'bastion', user: 'ann', tried: 'key', ...(port !== undefined && { port }) });

describe('what to do now', () => {
  test('is a command that can be pasted: the tunnel has its name', () => {
    expect(wordsOf(refused(22), 'db-prod').next).toContain('tunnels restart db-prod.');
    expect(wordsOf(refused(22)).next).toContain('tunnels restart NAME.');
  });

  test('has the port of the server where it is not the usual one', () => {
    expect(wordsOf(refused(2222)).next).toContain('ssh -v -p 2222 ann@bastion');
    for (const usual of [refused(22), refused()]) expect(wordsOf(usual).next).toContain('ssh -v ann@bastion');
  });
});
