import type { DoctorRequest } from '../../api/contract.ts';
import { allWell, type Finding, trouble } from '../../model/finding.ts';
import { problem } from '../../model/problem.ts';
import { wordsOfIssue } from '../../model/profile-issue.ts';
import { readProfile } from '../../model/read-profile.ts';
import { loginEnv } from '../tunnel/login-env.ts';
import { CHECKS, run } from './checks.ts';
import { machineFacts } from './collect/machine.ts';
import type { Visit } from './collect/hops.ts';
import { examine, type Round } from './examine.ts';
import type { DoctorNeeds } from './needs.ts';

export interface Doctor {
  /** Every finding, in the order of the profiles, each once. Ends early, with the signal's reason, when nobody waits any more. */
  examine(request: DoctorRequest, signal: AbortSignal): Promise<Finding[]>;
}

/** How many profiles are examined at a time. */
const AT_ONCE = 4;

/** Looks at everything that could keep tunnels from coming up, and changes nothing: no port is asked for, nothing is written there. */
export const createDoctor = (needs: DoctorNeeds): Doctor => ({
  async examine({ profiles, tunnels = [], agent }, signal) {
    const visits: Visit[] = [];
    const machine = await machineFacts(needs);
    const round: Round = { machine, keep: (visit) => void visits.push(visit) };
    const documents = [...profiles, ...tunnels.flatMap((name) => documentOf(name, needs))];
    try {
      const found = await inOrder(documents, async (one) => {
        const env = await loginEnv(needs.env, { agent: agentFor(one, agent, needs), clock: needs.clock });
        return await examineDocument(one, round, { ...needs, env, signal });
      });
      return unique([...run(CHECKS.machine, machine), ...found.flat()]);
    } finally {
      await Promise.all(visits.map((visit) => visit.release()));
    }
  },
});

type One = DoctorRequest['profiles'][number];

function documentOf(name: string, { asked }: DoctorNeeds): One[] {
  const tunnel = asked(name);
  return tunnel === null ? [] : [{ name, profile: tunnel.profile, origin: `What it was brought up with (${tunnel.origin})` }];
}

/** A tunnel that is to be up logs in with the agent of who asked for it, whoever asks the doctor. */
function agentFor({ name }: One, ofCaller: string | undefined, { asked }: DoctorNeeds): string | undefined {
  const tunnel = asked(name);
  return tunnel?.wanted === 'up' ? tunnel.agent : ofCaller;
}

async function examineDocument({ name, profile, origin }: One, round: Round, examining: Parameters<typeof examine>[2]): Promise<Finding[]> {
  const about = { check: 'profile', subject: `profile ${name}` };
  const read = readProfile(name, profile);
  if (read.ok) return [allWell(about, `${origin} is valid.`), ...(await examine(read.value, round, examining))];
  const errors = read.error.map((issue) => `${origin}: ${wordsOfIssue(issue)}`).join('\n');
  return [trouble(about, problem('profile-invalid', { name, errors }), { why: 'Nothing of it is brought up as long as it is invalid.' })];
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  // All of them, so that no connection is opened after the others were given back.
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}

/** Profiles that share a hop say the same of it, with each its own name in what is to be done. */
const unique = (findings: readonly Finding[]): Finding[] => [
  ...new Map(findings.map((one) => [JSON.stringify({ ...one, fix: one.fix !== '' }), one])).values(),
];
