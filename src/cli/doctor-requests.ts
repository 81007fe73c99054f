import { type DoctorRequest, MAX_BODY_BYTES } from '../api/contract.ts';

/** Room for what is around the profiles. */
const MOST = MAX_BODY_BYTES - 64 * 1024;

/**
 * One request as several, where together the profiles are more than a supervisor takes: a known_hosts beside them is part of
 * each. One that is too large by itself stays one, and is refused by its name.
 */
export function doctorRequests({ profiles, ...rest }: DoctorRequest): readonly DoctorRequest[] {
  const parts: DoctorRequest['profiles'][] = [[]];
  let bytes = 0;
  for (const profile of profiles) {
    const size = Buffer.byteLength(JSON.stringify(profile)) + 1;
    if (bytes + size > MOST && bytes > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(profile);
    bytes += size;
  }
  // Tunnels are examined once.
  const { tunnels, ...others } = rest;
  return parts.map((part, index) => ({ ...others, profiles: part, ...(index === 0 && tunnels !== undefined && { tunnels }) }));
}
