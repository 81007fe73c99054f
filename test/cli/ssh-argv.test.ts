import { describe, expect, test } from 'vitest';
import { fromSshArgv } from '../../src/cli/ssh-argv.ts';

describe('what follows `tunnels up`, written as for ssh', () => {
  test.each([
    [
      ['-L8080:h:80', 'host'],
      ['--L=8080:h:80', 'host'],
    ],
    [
      ['-L', '8080:h:80', 'host'],
      ['--L=8080:h:80', 'host'],
    ],
    [['-p2222'], ['--p=2222']],
    [['-oKey=value'], ['--o=Key=value']],
    [['-o', 'Key=value'], ['--o=Key=value']],
    [['-o', 'ProxyCommand ssh -W %h:%p x'], ['--o=ProxyCommand ssh -W %h:%p x']],
    [['-NfT', '-n', 'host'], ['host']],
    [
      ['-fNL', '1:h:2', 'host'],
      ['--L=1:h:2', 'host'],
    ],
    [
      ['-L1:h:2', '-L', '3:h:4', 'host', '-D5'],
      ['--L=1:h:2', '--L=3:h:4', 'host', '--D=5'],
    ],
    [
      ['-qv', 'host'],
      ['-q', '-v', 'host'],
    ],
    [
      ['--wait', '5', '--no-wait', 'db-prod'],
      ['--wait', '5', '--no-wait', 'db-prod'],
    ],
    [
      ['--', '-L', 'x'],
      ['--', '-L', 'x'],
    ],
    [['-i', '-strange-key'], ['--i=-strange-key']],
    [['-L'], ['--L']],
    [
      ['-Z', 'host'],
      ['--Z', 'host'],
    ],
  ])('%j becomes %j', (typed, expected) => {
    expect(fromSshArgv(typed)).toEqual(expected);
  });
});
