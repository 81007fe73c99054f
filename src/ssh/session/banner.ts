import type { Client } from 'ssh2';
import { printable } from '../../model/printable.ts';
import type { OnRemark } from '../remark.ts';
import type { ResolvedHop } from '../types.ts';

const MOST_BANNERS = 3;
const ENOUGH = 2_000;

/** SSH_MSG_USERAUTH_BANNER (RFC 4252 section 5.4): as many as a server likes, of any length; the first of them, without what could steer a terminal. */
export function listenToBanner(client: Client, { host, port }: ResolvedHop, onRemark: OnRemark = () => {}): void {
  let seen = 0;
  client.on('banner', (message) => {
    seen += 1;
    const text = printable(message.slice(0, ENOUGH).replaceAll('\r\n', '\n')).trim();
    if (seen <= MOST_BANNERS && text !== '') onRemark({ is: 'banner', host, port, text });
  });
}
