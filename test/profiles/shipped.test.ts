import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fillVariables } from '../../src/profiles/compose/fill.ts';
import { dataOf, mapping, scalar } from '../../src/profiles/compose/part.ts';
import { loadProfile } from '../../src/profiles/load-profile.ts';
import { OVERLAY_SCHEMA_FILE, SCHEMA_FILE } from '../../src/profiles/modeline.ts';
import { overlaySchema } from '../../src/profiles/overlay/overlay-schema.ts';
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
    expect(JSON.parse(await readFile(SHIPPED + SCHEMA_FILE, 'utf8'))).toEqual(profileSchema());
    expect(JSON.parse(await readFile(SHIPPED + OVERLAY_SCHEMA_FILE, 'utf8'))).toEqual(overlaySchema());
  });
});

describe('the schema for editors', () => {
  type Node = { readonly properties?: Record<string, Node>; readonly items?: Node; readonly anyOf?: Node[]; readonly type?: unknown };
  /** Every key with the kinds of values that it takes. */
  const kindsOf = (node: Node, key = ''): [string, unknown][] => [
    ...(node.type === undefined ? [] : [[key, node.type] as [string, unknown]]),
    ...Object.entries(node.properties ?? {}).flatMap(([name, inner]) => kindsOf(inner, name)),
    ...(node.anyOf ?? []).flatMap((inner) => kindsOf(inner, key)),
    ...(node.items === undefined ? [] : kindsOf(node.items, key)),
  ];

  test('knows what only a file has, and a document that comes of files has neither', () => {
    const { properties } = profileSchema() as { properties: object };
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['extends', 'variables']));
  });

  test('agrees with what a variable becomes: a number wherever a number is taken, and nowhere else', () => {
    const at = { file: 'x', line: 1, column: 1 };
    const all = new Map(kindsOf(profileSchema() as Node));
    const numbers = kindsOf(profileSchema() as Node).flatMap(([key, type]) => (type === 'integer' || type === 'number' ? [key] : []));
    const variables = new Map([['v', { name: 'v', declared: at, value: scalar('5', at) }]]);
    const filled = [...all.keys()].filter((key) => {
      const root = mapping(new Map([[key, { key: at, value: scalar('${v}', at) }]]), at);
      return (dataOf(fillVariables(root, variables).root) as Record<string, unknown>)[key] === 5;
    });
    expect(new Set(filled)).toEqual(new Set(numbers.filter((key) => key !== 'variables')));
    expect(filled).toContain('port');
  });
});
