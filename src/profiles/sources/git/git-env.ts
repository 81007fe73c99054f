import type { GitGiven } from './run-git.ts';

/**
 * The environment of git: the user's own, without what points git at another repository (git-rev-parse(1),
 * --local-env-vars), as it is set where tunnels runs in a hook, and without anything that would ask in silence.
 */
export function gitEnv({ env, asks }: Pick<GitGiven, 'env' | 'asks'>, protocols: string): Record<string, string | undefined> {
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !OF_ANOTHER_REPOSITORY.has(name))),
    // Stronger than protocol.*.allow of any configuration: no ext::, no helper of another scheme (git(1)).
    GIT_ALLOW_PROTOCOL: protocols,
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LITERAL_PATHSPECS: '1',
    // What is missing here was left out on purpose: it is never fetched while something is read.
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    // Its words are shown, and looked at in why-failed.ts.
    LC_ALL: 'C',
    LANGUAGE: undefined,
    GIT_TERMINAL_PROMPT: asks === 'terminal' ? env['GIT_TERMINAL_PROMPT'] : '0',
    ...(asks === 'nobody' && { SSH_ASKPASS: undefined, SSH_ASKPASS_REQUIRE: 'never', GCM_INTERACTIVE: 'never' }),
  };
}

const OF_ANOTHER_REPOSITORY: ReadonlySet<string> = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_CEILING_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_CONFIG_PARAMETERS',
  'GIT_DIR',
  'GIT_EXTERNAL_DIFF',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NAMESPACE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_QUARANTINE_PATH',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_TEMPLATE_DIR',
  'GIT_WORK_TREE',
]);

/** Stronger than the user's configuration, and than what a repository could bring with it. */
export const GIT_SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.bigFileThreshold=8m',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'fetch.prune=false',
  'fetch.writeCommitGraph=false',
  'protocol.version=2',
  'gc.auto=0',
  'maintenance.auto=false',
  'log.showSignature=false',
  'advice.fetchShowForcedUpdates=false',
].flatMap((setting) => ['-c', setting]);
