import { advice, allWell, type Finding, trouble } from '../../../model/finding.ts';
import { wordsOf } from '../../../model/problem.ts';
import { agentWords } from '../../../model/problems/login.ts';
import type { Problem } from '../../../model/problem.ts';
import type { ResolvedHop } from '../../../ssh/types.ts';
import { type HopFacts, isProblem, type Reached } from '../facts.ts';

/** Keys that can be read, and an agent that answers and has some. */
export function checkCredentials({ subject, tunnel, keys, hop, reached }: HopFacts): Finding[] {
  const about = { check: 'credentials', subject };
  if (isProblem(keys.login)) {
    const { text, next } = wordsOf(keys.login, tunnel);
    const isSaid = keys.login.code === 'agent-unusable';
    const found =
      mayBeAsked(hop, keys.login) && !isSameTrouble(reached, keys.login)
        ? advice(about, 'note', { what: text, why: 'Until then a person is needed at each login.', fix: next })
        : trouble(about, keys.login, { why: 'Without a key there is nothing to log in with.', tunnel });
    return [found, ...(isSaid ? [] : agent(keys, about))];
  }
  const { labels, skipped } = keys.login;
  const unusable = skipped.flatMap((p) => {
    // Said below, whether or not there are other keys.
    if (p.code === 'agent-unusable') return [];
    const { text, next } = wordsOf(p, tunnel);
    return advice(about, 'warning', {
      what: text,
      why: 'The profile or ssh_config names it, and the login works only without it.',
      fix: next,
    });
  });
  return [...unusable, ...agent(keys, about), allWell(about, `To be tried: ${labels.join(', ')}`)];
}

/** For a password or a code, or for the passphrase of a key. */
function mayBeAsked({ login }: ResolvedHop, { code, facts }: Problem): boolean {
  const isLocked = code === 'key-unusable' && facts.why === 'encrypted';
  return !login.batch && (isLocked || login.methods.some((way) => way !== 'publickey'));
}

/** It was tried, and the login failed just so. */
const isSameTrouble = (reached: Reached, { code }: Problem): boolean => reached.is === 'failed' && reached.problem.code === code;

function agent({ agent: found }: HopFacts['keys'], about: { readonly check: string; readonly subject: string }): Finding[] {
  if (found === null || (typeof found.keys === 'number' && found.keys > 0)) return [];
  const isDead = typeof found.keys !== 'number';
  const what = `The agent at ${found.socket} ${typeof found.keys === 'number' ? 'holds no key that can be used' : agentWords[found.keys]}.`;
  const fix = isDead
    ? 'Start one in this shell (eval "$(ssh-agent)") and add a key (ssh-add): tunnels up and restart use the agent of the shell that they run in.'
    : 'Add a key: ssh-add';
  const why = 'Keys with a passphrase, and security keys, can be used unattended only through an agent.';
  return [advice(about, isDead ? 'warning' : 'note', { what, why, fix })];
}
