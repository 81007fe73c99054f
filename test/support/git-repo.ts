import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must } from './run.ts';
import { tempDir } from './temp-home.ts';

export type GitRepo = {
  readonly dir: string;
  /** `file://` */
  readonly url: string;
  /** Writes files (null: removes them), commits all of it, and gives the commit. */
  commit(files: Readonly<Record<string, string | null>>, message?: string): Promise<string>;
  /** Runs git in it and gives what it printed, without the last line's end. */
  git(args: readonly string[], input?: string): Promise<string>;
};

/** The environment of git in tests: nobody's settings, and everybody's commits by the same author. */
export const gitEnv = (home: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.com',
});

/** A real repository with a work tree and the branch `main`, as a team has one. It leaves large files out where it is asked to, as the great hosts do. */
export async function makeRepo({ filter = true }: { readonly filter?: boolean } = {}): Promise<GitRepo> {
  const dir = tempDir('git');
  const env = gitEnv(dir);
  const git = async (args: readonly string[], input = ''): Promise<string> =>
    (await must('git', ['-C', dir, ...args], { env, input })).trimEnd();
  await git(['init', '--quiet', '--initial-branch=main']);
  await git(['config', 'uploadpack.allowFilter', String(filter)]);
  return {
    dir,
    url: `file://${dir}`,
    git,
    async commit(files, message = 'change') {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, name)), { recursive: true });
        if (text === null) rmSync(join(dir, name));
        else writeFileSync(join(dir, name), text);
      }
      await git(['add', '--all']);
      await git(['commit', '--quiet', '--allow-empty', '--message', message]);
      return await git(['rev-parse', 'HEAD']);
    },
  };
}
