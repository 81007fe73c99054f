import { type About, advice, advisesPerson, allWell, type Finding, trouble } from '../../../model/finding.ts';
import { type Problem, wordsOf } from '../../../model/problem.ts';
import { sshWords } from '../../../model/ssh-words.ts';
import type { ResolvedHop } from '../../../ssh/types.ts';
import { type HopFacts, isProblem } from '../facts.ts';
import { asksPerson, isAboutHostKey } from './host-key.ts';

/** From the name to a login that works. */
export function checkReachable({ subject, tunnel, hop, keys, reached }: HopFacts): Finding[] {
  const about = { check: 'reachable', subject };
  switch (reached.is) {
    case 'reached':
      return [allWell(about, 'It answers, and the login works.')];
    case 'not-tried':
      return [
        advice(about, 'note', {
          what: `It was not tried, because ${reached.behind} before it was not reached.`,
          why: 'Every hop is reached through the one before it.',
          fix: `First mend ${reached.behind}, then: tunnels doctor`,
        }),
      ];
    case 'failed': {
      if (asksPerson(reached.problem)) return [asking(about, reached.problem, tunnel)];
      if (isToldElsewhere(reached.problem) || (isProblem(keys.login) && keys.login.code === reached.problem.code)) return [];
      return [
        trouble(about, reached.problem, {
          why: 'Nothing of the profile comes up without this hop.',
          tunnel,
          ...fixOf(reached.problem, hop),
        }),
      ];
    }
  }
}

/** The doctor asks nobody, and a question is no fault; but nothing comes up before it is answered. */
function asking(about: About, p: Problem, tunnel: string): Finding {
  const { text, next } = wordsOf(p, tunnel);
  const up = `tunnels up ${tunnel}`;
  return advice(about, 'warning', {
    what: text,
    why: 'Until somebody answers, nothing of the profile comes up, and what lies behind the login cannot be looked at.',
    fix: next.includes(up) ? next : `${next}, or: ${up}`,
  });
}

/** In place of words that speak of a tunnel that goes on trying. */
function fixOf(p: Problem, hop: ResolvedHop): { readonly fix?: string } {
  if (advisesPerson(p)) return {};
  if (p.code === 'turned-away') return { fix: 'Wait some minutes, and let nothing else connect to it meanwhile: each try may prolong it.' };
  return { fix: `See what ssh says about it: ssh -v ${sshWords(hop)}` };
}

/** By the checks of the host key and of the credentials. */
const isToldElsewhere = (p: Problem): boolean => isAboutHostKey(p) || p.code === 'no-credentials' || p.code === 'key-unusable';
