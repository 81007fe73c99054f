import { fileURLToPath } from 'node:url';
import { runProcess } from '../src/cli/process.ts';

const cli = fileURLToPath(new URL('./tunnels.js', import.meta.url));

// The supervisor, and ssh2 with it, is loaded only where this process is to be one.
await runProcess({ runSupervisor: async (options) => (await import('../src/supervisor/main.ts')).runSupervisor({ ...options, cli }) });
