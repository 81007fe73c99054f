import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { OF_DOCUMENT, ProfileShape } from '../model/profile-shape.ts';

/**
 * The JSON Schema (draft 7) of a profile's file, for editors: made from the rules that check one, and beside them what only
 * a file has (a base, variables), of which nothing is left in the profile that comes of it. An editor sees one file at a time, so nothing is
 * required that may be in another one; `profiles validate` sees them all.
 */
export function profileSchema(): Record<string, unknown> {
  const { properties, ...schema } = toJsonSchema(v.partial(ProfileShape), { errorMode: 'throw' }) as unknown as Schema;
  const { forwards } = properties;
  const filled = Object.fromEntries(
    Object.entries({ ...properties, forwards: oneEnded(forwards) })
      .filter(([key]) => !OF_DOCUMENT.has(key))
      .map(([key, of]) => [key, fillable(of)]),
  );
  return {
    ...schema,
    title: 'A profile of tunnels',
    description: DESCRIPTION,
    properties: { $schema: properties['$schema'], extends: EXTENDS, variables: VARIABLES, ...filled },
  };
}

const DESCRIPTION =
  'A file of profiles: a profile, a base that others extend, or the _defaults.yaml of a folder. A profile needs hops and forwards, but a base or the defaults may give them, so that no file has to; `tunnels profiles validate` tells what is missing in the end.';

type Json = Readonly<Record<string, unknown>>;
type Forwards = Json & { readonly items: Json };
type Schema = Json & { readonly properties: Json & { readonly forwards: Forwards } };

const LISTENING = ['local', 'remote', 'dynamic', 'remoteDynamic'] as const;

/** That a forward has one listening end is a rule between keys, which the shape cannot say; one with a name may have it from the base. */
function oneEnded(forwards: Forwards): Forwards {
  const ends = LISTENING.map((key) => ({ required: [key] }));
  const ofBase = { required: ['name'], not: { anyOf: ends } };
  return { ...forwards, items: { ...forwards.items, oneOf: [...ends, ofBase] } };
}

/** Wherever a rule would refuse the text `${name}`, that text is allowed beside what the rule wants. */
function fillable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(fillable);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { description, examples, ...rule } = schema as Json;
  if (!refusesVariables(rule)) return { ...schema, ...inside(schema as Json) };
  return {
    ...(description === undefined ? {} : { description }),
    ...(examples === undefined ? {} : { examples }),
    anyOf: [rule, VARIABLE],
  };
}

const inside = (schema: Json): Json =>
  Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      if (key === 'properties') return [[key, Object.fromEntries(Object.entries(value as Json).map(([name, of]) => [name, fillable(of)]))]];
      return key === 'items' || key === 'anyOf' ? [[key, fillable(value)]] : [];
    }),
  );

const refusesVariables = (rule: Json): boolean =>
  ['integer', 'number', 'boolean'].includes(String(rule['type'])) || ['pattern', 'enum', 'const'].some((key) => Object.hasOwn(rule, key));

const VARIABLE = { type: 'string', pattern: String.raw`\$\{[A-Za-z][A-Za-z0-9_-]{0,63}\}` } as const;

const EXTENDS = {
  type: 'string',
  minLength: 1,
  description: 'A profile of the same folder to build upon, by its name or a relative path; what is said here counts more.',
  examples: ['_base', 'bases/bastion.yaml'],
} as const;

const VARIABLES = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' },
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
  description: 'Names for ${name} in any value here, with their defaults; without one, everybody gives a value in overrides.yaml.',
  examples: [{ env: 'prod', user: null }],
} as const;
