import type { SupervisorClient } from '../api/client.ts';
import { exitCodeOf, type Problem, problemOf, ProblemError } from '../model/problem.ts';
import type { TunnelSnapshot } from '../model/snapshot.ts';
import type { Context } from './command.ts';
import { report, reportAsked } from './report.ts';
import type { Request } from './requests.ts';
import { worst } from './settle.ts';
import { tellSkew } from './version-skew.ts';
import { waitUntilUp } from './wait-until-up.ts';
import { withSupervisor } from './with-supervisor.ts';

type How = {
  readonly context: Context;
  /** Null: they are not waited for. */
  readonly seconds: number | null;
  /** From `lookForSupervisor`. */
  readonly looked: Promise<SupervisorClient | null>;
};

/** Asks the supervisor for the tunnels and waits for them. Resolves to the exit code. */
export async function bringUp(requests: readonly Request[], { context, seconds, looked }: How): Promise<number> {
  const { screen } = context;
  const client = await withSupervisor(context, looked);
  const { tunnels, refused } = await ask(requests, (request) => client.up(request.name, request.request));
  tellSkew(client, context);
  if (tunnels.length === 0 && refused[0] !== undefined) throw new ProblemError(refused[0]);
  for (const problem of refused) screen.explain(problem);
  const codes = refused.map(exitCodeOf);
  if (seconds === null) return worst([reportAsked(tunnels, screen), ...codes]);
  const outcomes = await waitUntilUp(tunnels, { client, context, waitMs: seconds * 1000 });
  return worst([report(outcomes, { screen, seconds }), ...codes]);
}

type Answers = { readonly tunnels: readonly TunnelSnapshot[]; readonly refused: readonly Problem[] };

/** A tunnel that the supervisor does not accept keeps no other from coming up. */
async function ask(requests: readonly Request[], up: (request: Request) => Promise<TunnelSnapshot>): Promise<Answers> {
  const answers = await Promise.allSettled(requests.map(up));
  return {
    tunnels: answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
    refused: answers.flatMap((answer) => (answer.status === 'rejected' ? [problemOf(answer.reason)] : [])),
  };
}
