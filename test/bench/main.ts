import { main as data } from './data/main.ts';
import { main as mainJob } from './main-job.ts';
import { main as memory } from './memory.ts';
import { main as profiles } from './profiles.ts';
import { main as recovery } from './recovery.ts';

/** Each prints its figures; what is asked of them is a ratio within one run, but for recovery, where people wait in seconds. */
const BENCHMARKS: Readonly<Record<string, () => Promise<boolean>>> = { 'main-job': mainJob, memory, profiles, recovery };

const chosen = process.argv.slice(2);
// Takes long and has words of its own: `npm run bench:data`.
if (chosen[0] === 'data') process.exit((await data(chosen.slice(1))) ? 0 : 1);
const unknown = chosen.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);

let met = true;
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (chosen.length === 0 || chosen.includes(name)) met = (await run()) && met;
}
process.exit(met ? 0 : 1);
