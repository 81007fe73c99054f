import type { Certificate } from './certificate.ts';

/** What is to be said of a user certificate before a server has seen it. */
export type CertificateRemark =
  | TimeRemark
  /** It does not name the user who logs in; the server may still map one of its names to him (AuthorizedPrincipalsFile). */
  | { readonly is: 'other-principals'; readonly names: readonly string[] };

/** What is to be said of any certificate's time. `at`: wall clock, ms. */
export type TimeRemark = { readonly is: 'expired' | 'not-yet-valid' | 'expires-soon'; readonly at: number };

type Given = { readonly now: number; readonly user: string };

/** `now`: the wall clock in ms; the server's may differ. */
export function certificateRemarks(certificate: Certificate, { now, user }: Given): CertificateRemark[] {
  const { principals: names } = certificate;
  return [...remarksOnTime(certificate, now), ...(names.includes(user) ? [] : [{ is: 'other-principals', names } as const])];
}

const SOON_MS = 7 * 24 * 3_600_000;

export function remarksOnTime({ validAfter, validBefore }: Certificate, now: number): TimeRemark[] {
  const [from, at] = [toMs(validAfter), toMs(validBefore)];
  if (now >= at) return [{ is: 'expired', at }];
  if (now < from) return [{ is: 'not-yet-valid', at: from }];
  return at - now <= SOON_MS ? [{ is: 'expires-soon', at }] : [];
}

/** Expired or not yet valid, by this machine's clock. */
export const isOutOfTime = (certificate: Certificate, now: number): boolean =>
  remarksOnTime(certificate, now).some(({ is }) => is !== 'expires-soon');

/** The last moment that a Date can say; what is later is never. */
const LATEST_MS = 8.64e15;

const toMs = (seconds: bigint): number => Math.min(Number(seconds) * 1000, LATEST_MS);

/** In the words of a list: `expired 2026-01-31T12:00:00Z`. */
export function printRemark(remark: CertificateRemark): string {
  switch (remark.is) {
    case 'expired':
      return `expired ${printTime(remark.at)}`;
    case 'not-yet-valid':
      return `not valid before ${printTime(remark.at)}`;
    case 'expires-soon':
      return `expires ${printTime(remark.at)}`;
    case 'other-principals':
      return remark.names.length === 0 ? 'names no user' : `for ${remark.names.slice(0, 5).join(', ')}`;
  }
}

export const printTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, '');
