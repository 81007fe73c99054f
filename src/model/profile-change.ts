import * as v from 'valibot';
import { BecauseSchema } from './snapshot.ts';

/** What a changed profile did to a tunnel. */
export const ProfileChangeSchema = v.object({
  /** `changed`: the connection is made anew. */
  hops: v.picklist(['same', 'changed']),
  /** By the names that they have now, or had last. */
  forwards: v.array(v.object({ name: v.string(), is: v.picklist(['kept', 'changed', 'added', 'removed']) })),
  /** What took effect without touching anything. */
  settings: v.array(v.string()),
});

export type ProfileChange = v.InferOutput<typeof ProfileChangeSchema>;

/** `tunnels reload --json`; the supervisor reads it too. */
export const ReloadReportSchema = v.object({
  schemaVersion: v.literal(1),
  tunnels: v.array(
    v.object({
      name: v.string(),
      /** Null: nothing had to be changed, or nothing could be. */
      change: v.nullable(ProfileChangeSchema),
      /** Why the tunnel goes on with what it has. */
      problem: v.nullable(BecauseSchema),
    }),
  ),
});

export type ReloadReport = v.InferOutput<typeof ReloadReportSchema>;

/** `added redis; removed web; kept postgres, mail; connects anew`. */
export function changeWords({ hops, forwards, settings }: ProfileChange): string {
  const named = (['added', 'changed', 'removed', 'kept'] as const).flatMap((is) => {
    const names = forwards.filter((forward) => forward.is === is).map(({ name }) => name);
    return names.length === 0 ? [] : [`${is} ${names.join(', ')}`];
  });
  const set = settings.length > 0 ? [`set ${settings.join(', ')}`] : [];
  return [...named, ...(hops === 'changed' ? ['connects anew'] : []), ...set].join('; ');
}
