import { fileURLToPath } from 'node:url';
import { runKept } from '../src/supervisor/run-kept.ts';

const cli = fileURLToPath(new URL('./tunnels.js', import.meta.url));
process.exit(await runKept({ env: process.env, argv: process.argv.slice(2), cli }));
