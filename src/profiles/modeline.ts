/** Where the schema lies beside profiles: `tunnels profiles schema > profile.schema.json`, which is never taken for a profile. */
export const SCHEMA_FILE = 'profile.schema.json';

/** The same for `overrides.yaml`. */
export const OVERLAY_SCHEMA_FILE = 'overrides.schema.json';

/** The first line of a profile by which editors find the schema (yaml-language-server, which most of them use). */
export const MODELINE = `# yaml-language-server: $schema=./${SCHEMA_FILE}`;
export const OVERLAY_MODELINE = `# yaml-language-server: $schema=./${OVERLAY_SCHEMA_FILE}`;
