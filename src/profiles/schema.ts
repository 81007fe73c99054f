import { toJsonSchema } from '@valibot/to-json-schema';
import { ProfileShape } from '../model/profile-shape.ts';

/** The JSON Schema (draft 7) of a profile, for editors: made from the rules that check one. */
export function profileSchema(): Record<string, unknown> {
  const schema = toJsonSchema(ProfileShape, { errorMode: 'throw' }) as unknown as Schema;
  const { forwards } = schema.properties;
  // That a forward has one listening end is a rule between keys, which the shape cannot say.
  const oneEnd = LISTENING.map((key) => ({ required: [key] }));
  return {
    ...schema,
    title: 'A profile of tunnels',
    properties: { ...schema.properties, forwards: { ...forwards, items: { ...forwards.items, oneOf: oneEnd } } },
  };
}

const LISTENING = ['local', 'remote', 'dynamic', 'remoteDynamic'] as const;

type Schema = Record<string, unknown> & { properties: Record<string, unknown> & { forwards: { items: Record<string, unknown> } } };
