import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { overlaySchema } from '../../src/profiles/overlay/overlay-schema.ts';
import { profileSchema } from '../../src/profiles/schema.ts';

type Validator = ((data: unknown) => boolean) & { readonly errors?: unknown };
type Ajv = new (options: object) => { compile(schema: object): Validator };
/** What editors do with a schema; conf brings it along. */
const { default: Ajv } = createRequire(import.meta.resolve('conf'))('ajv') as { default: Ajv };

function complaintsOf(schema: object, yaml: string): unknown {
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
  // What is not there, as in a file of comments alone, no editor checks.
  return validate(parse(yaml, { version: '1.2', merge: true }) ?? {}) ? null : validate.errors;
}

type File = readonly [name: string, yaml: string];

/** The files of the cases of which a profile comes: all of them are as they may be. */
async function filesIn(folder: string): Promise<File[]> {
  const url = new URL(folder, import.meta.url);
  const cases = await Promise.all((await readdir(url)).map(async (name) => [name, await readFile(new URL(name, url), 'utf8')] as const));
  return cases.flatMap(([name, text]) => {
    const [files = '', outcome = ''] = text.split(/^-{10}\n/m);
    return outcome.startsWith('{') ? partsOf(files, name) : [];
  });
}

function partsOf(files: string, inCase: string): File[] {
  const parts = files.split(/^=== (.*)\n/m);
  if (parts.length === 1) return [[inCase, files]];
  return parts.slice(1).flatMap((name, index) => (index % 2 === 0 ? [[`${inCase}: ${name}`, parts[index + 2] ?? ''] as const] : []));
}

const cases = [...(await filesIn('cases/')), ...(await filesIn('composed/'))];
const isOverlay = ([name]: File): boolean => name.endsWith(': overrides.yaml');

describe('the schema of profiles', () => {
  test.for(cases.filter((file) => !isOverlay(file)))('has nothing against a file that is used: %s', ([, yaml]) => {
    expect(complaintsOf(profileSchema(), yaml)).toBeNull();
  });

  test.each([
    ['a base with hops alone', 'hops: [bastion]\n'],
    ['the defaults of a folder', 'keepalive: { interval: 5s }\nvariables: { login: }\n'],
    ['a profile whose hops come from the defaults', 'forwards: [{ dynamic: 1080 }]\n'],
    ['a profile that only changes where a forward of its base listens', 'extends: _base\nforwards: [{ name: pg, local: 1 }]\n'],
    ['a base with a target for which each profile says who listens', 'forwards: [{ name: pg, to: "db:5432" }]\n'],
  ])('has nothing against %s', (_, yaml) => {
    expect(complaintsOf(profileSchema(), yaml)).toBeNull();
  });

  test.each([
    ['a key that there is not', 'hops: [a]\nforward: []\n'],
    ['a forward with two listening ends', 'forwards: [{ local: 1, remote: 2, to: "a:1" }]\n'],
    ['a forward without a name that listens nowhere', 'forwards: [{ to: "a:1" }]\n'],
    ['a duration without its unit', 'idle: "3"\n'],
  ])('tells of %s', (_, yaml) => {
    expect(complaintsOf(profileSchema(), yaml)).not.toBeNull();
  });
});

describe('the schema of overrides.yaml', () => {
  test.for(cases.filter(isOverlay))('has nothing against one that is used: %s', ([, yaml]) => {
    expect(complaintsOf(overlaySchema(), yaml)).toBeNull();
  });

  test.each([
    ['a key that is not for a person alone to change', 'profiles: { db: { hops: [a] } }\n'],
    ['a host with a port', 'hosts: { gw: { port: 22 } }\n'],
    ['a variable without a value', 'profiles: { db: { variables: { login: } } }\n'],
    ['a port that is none', 'profiles: { db: { forwards: { pg: { local: 70000 } } } }\n'],
  ])('tells of %s', (_, yaml) => {
    expect(complaintsOf(overlaySchema(), yaml)).not.toBeNull();
  });
});
