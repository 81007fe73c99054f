import { readWhole, wireString } from '../identity/keys/wire-reader.ts';

/** The name-lists of SSH_MSG_KEXINIT (RFC 4253 section 7.1), in the order of the message. */
export const LISTS = [
  'kex',
  'hostKey',
  'cipherOut',
  'cipherIn',
  'macOut',
  'macIn',
  'compressOut',
  'compressIn',
  'languageOut',
  'languageIn',
] as const;

/** As a client sees it: `Out` is client to server. */
export type KexInit = Readonly<Record<(typeof LISTS)[number], readonly string[]>>;

export const KEXINIT = 20;
/** Message number and cookie. */
const HEAD_BYTES = 17;

/** Null where the bytes are no such message. */
export function readKexInit(payload: Buffer): KexInit | null {
  if (payload[0] !== KEXINIT) return null;
  return readWhole(payload, (reader) => {
    reader.raw(HEAD_BYTES);
    const lists = LISTS.map((name) => [name, namesIn(reader.string().toString('latin1'))] as const);
    // first_kex_packet_follows and what is reserved; ssh2 looks at it.
    reader.all((rest) => rest.byte());
    return Object.fromEntries(lists) as Record<(typeof LISTS)[number], string[]>;
  });
}

const namesIn = (list: string): string[] => (list === '' ? [] : list.split(','));

/** The same message with another first list. */
export function withKex(payload: Buffer, kex: readonly string[]): Buffer {
  const before = payload.readUInt32BE(HEAD_BYTES);
  return Buffer.concat([payload.subarray(0, HEAD_BYTES), wireString(kex.join(',')), payload.subarray(HEAD_BYTES + 4 + before)]);
}

/** What both take: the client's first that the server has too (RFC 4253 section 7.1). */
export const agreed = (client: readonly string[], server: readonly string[]): string | undefined =>
  client.find((name) => server.includes(name));
