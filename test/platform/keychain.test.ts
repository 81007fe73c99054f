import { describe, expect, test } from 'vitest';
import { type Keyring, systemKeychain } from '../../src/platform/keychain.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** As the package has it; `get` is what a read gives. */
const keyring = (get: () => Promise<string | null>, made: unknown[] = []): (() => Promise<Keyring>) => {
  class AsyncEntry {
    constructor(...entry: unknown[]) {
      made.push(entry);
    }
    getPassword = get;
    setPassword = async (secret: string): Promise<void> => void made.push(['set', secret]);
    deletePassword = async (): Promise<boolean> => made.push(['delete']) > 0;
  }
  return async () => ({ AsyncEntry });
};

describe('the keychain of the system', () => {
  test('is asked under our name, and on Linux only where it outlives the boot', async () => {
    const made: unknown[] = [];
    const keychain = systemKeychain({ clock: systemClock, load: keyring(async () => 'sesame', made) });
    expect(await keychain.get('passphrase /k 1')).toBe('sesame');
    await keychain.set('passphrase /k 1', 'open');
    await keychain.remove('passphrase /k 1');
    expect(made[0]).toEqual(['tunnels', 'passphrase /k 1', { linux: { store: 'secret-service' } }]);
    expect(made).toContainEqual(['set', 'open']);
    expect(made).toContainEqual(['delete']);
  });

  test.each([
    ['is not installed', Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }), 'not installed'],
    ['is broken', new Error('no D-Bus\nat x'), 'no D-Bus'],
  ])('says so where the package %s', async (_how, error, why) => {
    const keychain = systemKeychain({ clock: systemClock, load: async () => Promise.reject(error) });
    const failed: unknown = await keychain.set('n', 'sesame').catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ problem: { code: 'keychain-unusable' } });
    expect(JSON.stringify(failed)).toContain(why);
    expect(JSON.stringify(failed)).not.toContain('sesame');
  });

  test('that waits for its own user is given up', async () => {
    const clock = fakeClock();
    const keychain = systemKeychain({ clock, load: keyring(() => new Promise(() => {})) });
    const failed = keychain.get('n').catch((thrown: unknown) => thrown);
    await clock.advance(5_000);
    expect(await failed).toMatchObject({ problem: { code: 'keychain-unusable' } });
  });

  test('of this machine answers, or is a clear problem', async () => {
    const answer = await systemKeychain({ clock: systemClock })
      .get(`test ${process.pid}`)
      .catch((thrown: unknown) => thrown);
    if (answer !== null) expect(answer).toMatchObject({ problem: { code: 'keychain-unusable' } });
  });
});
