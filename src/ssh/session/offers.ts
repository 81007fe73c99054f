import { type Address, isSocket } from '../../model/address.ts';
import type { Offer } from '../types.ts';
import type { Channels } from './channels.ts';

type OnOffer = (offer: Offer) => void;

/** Brings each connection that arrives at one of our remote bindings to whoever asked for that binding. */
export class Offers {
  readonly #bindings = new Map<string, OnOffer>();

  constructor(channels: Pick<Channels, 'onOffer'>) {
    channels.onOffer((at, offer) => this.#pass(keyOf(at), offer));
  }

  add(at: Address, onOffer: OnOffer): void {
    this.#bindings.set(keyOf(at), onOffer);
  }

  /** Until the server has answered: a first connection may come with its yes. A binding that is there stays. Returns the undoing. */
  expect(at: Address, onOffer: OnOffer): () => void {
    const key = keyOf(at);
    if (this.#bindings.has(key)) return () => {};
    this.#bindings.set(key, onOffer);
    return () => {
      if (this.#bindings.get(key) === onOffer) this.#bindings.delete(key);
    };
  }

  remove(at: Address): void {
    this.#bindings.delete(keyOf(at));
  }

  clear(): void {
    this.#bindings.clear();
  }

  #pass(key: string, offer: Offer): void {
    const onOffer = this.#bindings.get(key);
    if (onOffer === undefined) offer.reject();
    else onOffer(offer);
  }
}

const keyOf = (at: Address): string => (isSocket(at) ? `unix ${at.path}` : `${at.host} ${at.port}`);
