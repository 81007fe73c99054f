import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadProfile } from '../../src/profiles/load-profile.ts';
import { profileSchema } from '../../src/profiles/schema.ts';

const SHIPPED = fileURLToPath(new URL('../../profiles/', import.meta.url));

describe('the profiles that are shipped', () => {
  test('are valid', async () => {
    const files = (await readdir(SHIPPED)).filter((name) => name.endsWith('.yaml'));
    expect(files).toEqual(['db-prod.yaml', 'demo.yaml']);
    for (const name of files) expect(await loadProfile(SHIPPED + name)).toMatchObject({ ok: true });
  });

  test('show one of each kind of forward', async () => {
    const loaded = await loadProfile(`${SHIPPED}db-prod.yaml`);
    const kinds = loaded.ok ? loaded.value.profile.forwards.map(({ kind }) => kind) : [];
    expect(kinds).toEqual(['local', 'remote', 'dynamic', 'remote-dynamic']);
  });

  test('have a schema that is made from the rules of today', async () => {
    // If not: node test/tooling/write-schema.mjs
    expect(JSON.parse(await readFile(`${SHIPPED}profile.schema.json`, 'utf8'))).toEqual(profileSchema());
  });
});
