import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { ForwardShape, HopShape, ProfileShape } from '../../model/profile-shape.ts';

/** The JSON Schema (draft 7) of `overrides.yaml`, for editors: its values are those of profiles, by the same rules. */
export function overlaySchema(): Json {
  const host = propertiesOf(v.pick(HopShape, ['user', 'identity']));
  const forward = propertiesOf(v.pick(ForwardShape, ['local', 'dynamic']));
  const profile = {
    ...host,
    hosts: each(keys(host), 'The same for one hop of this profile, by its host or a pattern.'),
    forwards: each(keys(forward), 'Where forwards listen instead, by the names that status shows.'),
    ...propertiesOf(v.pick(ProfileShape, ['groups'])),
    variables: each({ type: ['string', 'number', 'boolean'] }, 'Values of its variables.'),
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'What you change of profiles, for yourself alone',
    ...keys({
      profiles: each(keys(profile), 'Changes of one profile, by its name.'),
      hosts: each(keys(host), 'Who logs in on a host, in every profile, by its name or a pattern.'),
    }),
  };
}

type Json = Readonly<Record<string, unknown>>;

const propertiesOf = (shape: v.GenericSchema): Json => toJsonSchema(shape, { errorMode: 'throw' }).properties ?? {};

/** A key with nothing behind it changes nothing: it may be a place that is kept for later. */
const MAPPING = { type: ['object', 'null'] } as const;
const keys = (properties: Json): Json => ({ ...MAPPING, properties, additionalProperties: false });
const each = (of: Json, description: string): Json => ({ ...MAPPING, description, additionalProperties: of });
