import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Paths } from '../platform/paths.ts';

/** What a person has approved: the profile's file and the SHA-256 (hex) of what it said then. */
const ApprovalsSchema = v.object({
  schemaVersion: v.literal(1),
  value: v.record(v.string(), v.object({ sha256: v.string() })),
});

/** Files that are approved as they are now. A file of approvals that is missing or cannot be understood approves nothing. */
export async function readApprovals(paths: Paths): Promise<(asked: { readonly file: string; readonly sha256: string }) => boolean> {
  const kept = v.safeParse(ApprovalsSchema, await contentOf(join(paths.state, 'approvals.json')));
  const approved = new Map(kept.success ? Object.entries(kept.output.value) : []);
  return ({ file, sha256 }) => approved.get(file)?.sha256 === sha256;
}

async function contentOf(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}
