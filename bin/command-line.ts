// The command line as one script, which `tunnels.ts` runs.
export { ProblemError } from '../src/model/problem.ts';
export { runProcess } from '../src/cli/process.ts';
