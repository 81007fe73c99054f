/** Either a value or why there is none. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const fail = <E>(error: E): Result<never, E> => ({ ok: false, error });

/** Makes the compiler prove that a closed union was handled whole. */
export function assertNever(value: never): never {
  throw new TypeError(`not a member of the union: ${JSON.stringify(value)}`);
}
