import type { Tried } from '../../../decide/judge-bound.ts';
import { type Address, isSocket, LOOPBACK, type TcpAddress } from '../../../model/address.ts';
import { listenThere } from '../../forwards/listen-there.ts';
import type { HopLink, Remote } from '../../remote/types.ts';
import type { Link, Listener, Service } from '../../types.ts';
import { BindingTest, type TestGiven } from './binding-test.ts';

/** `test`: by which it can be found out where connections to it really go; null where the address stands for one family only. */
export type TestedListener = { readonly listener: Listener; readonly test: BindingTest | null };

/** Listens on a hop as `listenThere` does; what may be bound by half can be tested through its own port. */
export async function listenTested(link: HopLink, service: Service): Promise<TestedListener> {
  if (!mayBeHalf(service.forward.listen)) return { listener: await listenThere(link, service), test: null };
  let test: BindingTest | null = null;
  const listen: Link['listen'] = (at, onOffer) => {
    test = new BindingTest(onOffer);
    return link.listen(at, test.onOffer);
  };
  const listener = await listenThere({ hop: link.hop, lost: link.lost, listen }, service);
  return { listener, test };
}

/** sshd says yes when one family of two is bound (channels.c, channel_setup_fwd_listener_tcpip: one success is enough). */
const mayBeHalf = (listen: Address): boolean => !isSocket(listen) && (listen.host === 'localhost' || WILDCARDS.includes(listen.host));

const WILDCARDS: readonly string[] = ['', '*'];

/** Where connections from the hop itself to both loopbacks go. Rejects only with the signal's reason. */
export async function tryLoopbacks(
  remote: Pick<Remote, 'openRaw'>,
  { test, port }: { readonly test: BindingTest } & Pick<TcpAddress, 'port'>,
  given: TestGiven,
): Promise<Tried> {
  const tried = { ours: [] as string[], deaf: [] as string[], closed: [] as string[] };
  for (const host of [LOOPBACK, '::1']) {
    const heard = await test.run(remote, { host, port }, given);
    if (heard === 'ours') tried.ours.push(host);
    if (heard === 'deaf') tried.deaf.push(host);
    if (heard === 'nothing-listens') tried.closed.push(host);
  }
  return tried;
}
