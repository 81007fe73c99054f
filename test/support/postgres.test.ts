import { describe, expect, test } from 'vitest';
import { startPostgres } from './postgres.ts';
import { isFree } from './free-port.ts';

describe('the real PostgreSQL of the tests', () => {
  test('answers psql and frees its port at the end', async () => {
    const postgres = await startPostgres();
    expect(await postgres.psql('select 6 * 7')).toMatchObject({ code: 0, stdout: '42\n' });
    await postgres.stop();
    expect(await isFree(postgres.port)).toBe(true);
    expect((await postgres.psql('select 1')).code).not.toBe(0);
  });
});
