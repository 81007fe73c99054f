import { existsSync } from 'node:fs';
import type { SupervisorClient } from '../api/client.ts';
import { changeWords, type ProfileChange } from '../model/profile-change.ts';
import { type Problem, problem, problemOf } from '../model/problem.ts';
import type { TunnelSnapshot } from '../model/snapshot.ts';
import { profileInvalid } from '../profiles/file-error.ts';
import { profileOfOrigin } from '../profiles/find-origin.ts';
import type { Context } from './command.ts';
import { loadAll, type ProfileFile, valuesMissing } from './profile-files.ts';
import { requestOf } from './requests.ts';

/** `change`: null where nothing had to be changed. `problem`: why the tunnel goes on with what it has. */
export type Reloaded = { readonly name: string; readonly change: ProfileChange | null; readonly problem: Problem | null };

type Given = { readonly client: SupervisorClient; readonly context: Context };

/** Gives tunnels what their profiles say now. A profile with errors, or one that is not trusted as it is, changes nothing. */
export async function reloadTunnels(tunnels: readonly TunnelSnapshot[], { client, context }: Given): Promise<Reloaded[]> {
  const found = tunnels.flatMap(({ name, origin = '' }) => {
    const profile = profileOfOrigin(origin, context.paths);
    return profile === null ? [] : [{ ...profile, name }];
  });
  const files = await loadAll(found, context);
  const reloaded = await Promise.all(files.map((file) => reload(file, { client, context })));
  // In the order of the tunnels; one without a file has nothing that could have changed.
  return tunnels.map(({ name }) => reloaded.find((one) => one.name === name) ?? { name, change: null, problem: null });
}

/** What was trusted or fetched just now, for the tunnels that run. Says what it changed; where no supervisor runs there are none. */
export async function applyToRunning(context: Context): Promise<void> {
  const client = await context.connect(context.paths).catch(() => null);
  // What was asked for is done, whatever the supervisor says.
  const status = await client?.status().catch(() => null);
  if (client === null || !status) return;
  const { tunnels } = status;
  const reloaded = await reloadTunnels(
    tunnels.filter(({ wanted }) => wanted === 'up'),
    { client, context },
  );
  for (const { name, change } of reloaded) if (change !== null) context.screen.say(`The tunnel ${name}: ${changeWords(change)}.`);
}

async function reload(file: ProfileFile, { client, context }: Given): Promise<Reloaded> {
  const { name } = file;
  const unusable = whyUnusable(file, context);
  if (unusable !== null || file.loaded === null) return { name, change: null, problem: unusable };
  try {
    const { change } = await client.change(name, requestOf(file.loaded));
    return { name, change, problem: null };
  } catch (error) {
    return { name, change: null, problem: problemOf(error) };
  }
}

function whyUnusable(profile: ProfileFile, { paths }: Context): Problem | null {
  const { name, file, loaded, open, errors, trusted } = profile;
  if (loaded === null && open === null) return existsSync(file) ? profileInvalid(name, errors) : problem('profile-gone', { name, file });
  if (!trusted) return problem('change-untrusted', { name, file });
  return open === null ? null : valuesMissing([profile], paths);
}
