import { describe, expect, test } from 'vitest';
import { gitEnv } from '../../../src/profiles/sources/git/git-env.ts';

describe('the environment of git', () => {
  const env = {
    PATH: '/bin',
    GIT_SSH_COMMAND: 'ssh -x',
    SSH_AUTH_SOCK: '/a',
    GIT_ASKPASS: '/ci',
    SSH_ASKPASS: '/dialog',
    GIT_DIR: '/other',
  };

  test("is the user's own where a person sits at the terminal, but for what leads to another repository", () => {
    const made = gitEnv({ env, asks: 'terminal' }, 'https');
    expect(made).toMatchObject({
      PATH: '/bin',
      GIT_SSH_COMMAND: 'ssh -x',
      SSH_AUTH_SOCK: '/a',
      GIT_ASKPASS: '/ci',
      SSH_ASKPASS: '/dialog',
    });
    expect(made).not.toHaveProperty('GIT_DIR');
    expect([made['GIT_TERMINAL_PROMPT'], made['GIT_ALLOW_PROTOCOL']]).toEqual([undefined, 'https']);
  });

  test('lets nothing ask where nobody sits there; what answers for a script stays', () => {
    const made = gitEnv({ env, asks: 'nobody' }, 'none');
    expect(made).toMatchObject({ GIT_TERMINAL_PROMPT: '0', SSH_ASKPASS: undefined, SSH_ASKPASS_REQUIRE: 'never', GIT_ASKPASS: '/ci' });
  });
});
