import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Paths, pathsFor } from '../../../src/platform/paths.ts';
import { inUse } from '../../../src/profiles/sources/pins.ts';
import { readSpec } from '../../../src/profiles/sources/spec.ts';
import { type Updated, type UpdateGiven, updateSource } from '../../../src/profiles/sources/update.ts';
import { gitEnv } from '../../support/git-repo.ts';
import { tempDir } from '../../support/temp-home.ts';

export const PROFILE = 'hops: [bastion]\nforwards: [{ dynamic: 1080 }]\n';

export type Place = {
  readonly home: string;
  readonly paths: Paths;
  env: Record<string, string | undefined>;
  /** Fetches the source `team` from what would have been typed. */
  update(text: string, options?: Partial<UpdateGiven>): Promise<Updated>;
  /** The files that are in use, with their texts. */
  files(): Record<string, string>;
};

/** A user's own home, and one source `team` in it. */
export function makePlace(): Place {
  const home = tempDir('src');
  const paths = pathsFor({ TUNNELS_HOME: join(home, 'h') });
  mkdirSync(paths.state, { recursive: true });
  let now = Date.parse('2026-11-23T08:00:00.000Z');
  const place: Place = {
    home,
    paths,
    env: gitEnv(home),
    async update(text, options) {
      const spec = readSpec(text, { cwd: home, home });
      now += 60_000;
      return await updateSource({ name: 'team', spec }, { paths, env: place.env, asks: 'nobody', now, ...options });
    },
    files() {
      const folder = inUse(paths, 'team')?.profiles;
      if (folder === undefined) return {};
      return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
    },
  };
  return place;
}
