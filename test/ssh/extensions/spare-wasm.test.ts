import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { openPacketCipher } from '../../../src/ssh/extensions/packet-cipher.ts';
import { type Load, spareWasm } from '../../../src/ssh/extensions/spare-wasm.ts';
import { Client } from '../../../src/ssh/extensions/ssh2.ts';
import { ssh2Path } from '../../../src/ssh/extensions/tables.ts';

const WASM = '/ssh2/lib/protocol/crypto/poly1305.js';

/** A `require` that has or has not ssh2's compiled part. */
function fakeLoad({ compiled, loaded }: { compiled: boolean; loaded?: NodeJS.Module }): Load {
  const load = (): object => {
    if (!compiled) throw new Error('Cannot find module');
    return {};
  };
  return Object.assign(load, { cache: loaded ? { [WASM]: loaded } : {}, resolve: () => WASM });
}

describe('Poly1305 in WebAssembly', () => {
  test('is not loaded where ssh2 has its compiled part', () => {
    const load = fakeLoad({ compiled: true });
    spareWasm(load);
    expect(load.cache[WASM]).toMatchObject({ filename: WASM, loaded: true });
  });

  test('is loaded as ever where the compiled part is missing', () => {
    const load = fakeLoad({ compiled: false });
    spareWasm(load);
    expect(load.cache).toEqual({});
  });

  test('stays as it is once it is loaded', () => {
    const loaded = { exports: 'the real one' } as unknown as NodeJS.Module;
    const load = fakeLoad({ compiled: true, loaded });
    spareWasm(load);
    expect(load.cache[WASM]).toBe(loaded);
  });

  test('gives what ssh2 asks of it at its start, and fails loudly should it ever be used', async () => {
    const load = fakeLoad({ compiled: true });
    spareWasm(load);
    const init = load.cache[WASM]?.exports as () => Promise<{ _malloc(size: number): number; cwrap(): () => void }>;
    const made = await init();
    expect(made._malloc(16)).toBe(0);
    expect(made.cwrap()).toThrow('Poly1305 in WebAssembly');
  });

  test('is not missed by ssh2: its chacha20-poly1305 seals and opens', async () => {
    const cipher = await openPacketCipher('chacha20-poly1305@openssh.com');
    for (const bytes of [1, 32_768, 32_768, 100]) cipher.roundTrip(bytes);
    cipher.free();
  });
});

test('what we use of ssh2 is what its own index gives', () => {
  const index = createRequire(ssh2Path())('ssh2') as { Client: unknown };
  expect(Client).toBe(index.Client);
});
