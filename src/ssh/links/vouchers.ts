import { type Deferred, deferred } from '../../platform/deferred.ts';

/**
 * Which of the users of a shared connection are certain that it is the one they want. A dial may begin before anybody is, on
 * the strength of what ssh_config said the last time; but no server is trusted and nothing is shown to it before somebody is.
 */
export class Vouchers {
  readonly #certain = new Set<Voucher>();
  #some: Deferred<void> = deferred();

  /** For one dial: resolves as soon as any user is certain. */
  get some(): Promise<void> {
    return this.#some.promise;
  }

  add(user: Voucher): void {
    this.#certain.add(user);
    this.#some.resolve();
  }

  delete(user: Voucher): void {
    if (this.#certain.delete(user) && this.#certain.size === 0) this.#some = deferred();
  }
}

type Place = { readonly vouchers: Vouchers };

/** One user of connections, who is certain from the start, or once `sure` resolves. */
export class Voucher {
  readonly #places = new Set<Place>();
  #isSure: boolean;

  constructor(sure: Promise<unknown> | undefined) {
    this.#isSure = sure === undefined;
    sure?.then(
      () => {
        this.#isSure = true;
        for (const { vouchers } of this.#places) vouchers.add(this);
      },
      () => {},
    );
  }

  enter(place: Place): void {
    this.#places.add(place);
    if (this.#isSure) place.vouchers.add(this);
  }

  leave(): void {
    for (const { vouchers } of this.#places) vouchers.delete(this);
    this.#places.clear();
  }
}
