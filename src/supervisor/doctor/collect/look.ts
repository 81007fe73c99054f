import { type Address, printAddress } from '../../../model/address.ts';
import type { Evidence } from '../../../model/binding.ts';
import { gatherEvidence } from '../../../ssh/recovery/evidence/gather-evidence.ts';
import type { HopLink, Remote } from '../../../ssh/remote/types.ts';
import type { Examining } from '../needs.ts';

/** The evidence that recovery would gather, without the poke and without asking for any port: looking only. */
export async function lookWithoutAsking(
  link: HopLink,
  at: { readonly listen: Address; readonly tunnel: string },
  { book, claims, accounts, clock, signal }: Examining,
): Promise<Evidence> {
  const record = book.find(link, printAddress(at.listen));
  const own = await book.entryOf(link);
  const request = {
    remote: lookOnly(link),
    listen: at.listen,
    said: [],
    record,
    heldBefore: book.heldBefore(link, printAddress(at.listen)),
    ownPid: own?.pid ?? null,
    usedByLiveLink: record !== null && book.isLive(record),
    heardBy: claims.holder(link, at.listen, at.tunnel),
    mayPoke: false,
    takeOver: false,
  };
  return await gatherEvidence(request, { clock, accounts, signal });
}

/** The same link, which can neither bind nor connect to anything. */
function lookOnly(link: HopLink): Remote {
  const refuse = (): Promise<never> => Promise.reject(new Error('the doctor only looks'));
  return {
    hop: link.hop,
    hostKey: link.hostKey,
    ident: link.ident,
    said: link.said,
    ping: () => link.ping(),
    exec: (command) => link.exec(command),
    sftp: () => link.sftp(),
    openRaw: refuse,
    tryListen: refuse,
  };
}
