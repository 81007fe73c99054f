import type * as Ssh2 from 'ssh2';
import { requireShape } from './guard.ts';
import { spareWasm } from './spare-wasm.ts';
import { ssh2File } from './tables.ts';

/*
 * What we use of ssh2, and no more: a plain import of it loads its server, its HTTP agents with all of TLS, and a module in
 * WebAssembly, 3 MB that a supervisor would keep for nothing.
 */

spareWasm();

export type Client = Ssh2.Client;
export const Client = ssh2File('./client.js') as typeof Ssh2.Client;

export const { BaseAgent } = requireShape<Pick<typeof Ssh2, 'BaseAgent'>>('agent', ssh2File('./agent.js'), { BaseAgent: 'function' });

export const { parseKey } = requireShape<Pick<typeof Ssh2.utils, 'parseKey'>>('keyParser', ssh2File('./protocol/keyParser.js'), {
  parseKey: 'function',
});
