import { ensureSupervisor } from '../../../src/cli/launch.ts';
import { problemOf } from '../../../src/model/problem.ts';
import { pathsFor } from '../../../src/platform/paths.ts';

// What a command does first: makes sure that a supervisor runs, and says which.
const program = process.argv[2]!;
try {
  const client = await ensureSupervisor(pathsFor(process.env), process.env, { program });
  process.stdout.write(`${(await client.health()).pid}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify(problemOf(error))}\n`);
}
