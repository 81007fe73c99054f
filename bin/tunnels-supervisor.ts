import { runKept } from '../src/supervisor/run-kept.ts';

process.exit(await runKept({ env: process.env, argv: process.argv.slice(2) }));
