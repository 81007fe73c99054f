/**
 * Polls a condition until it holds, for things that give no event (another process's table, a file's appearance).
 * Gives the first truthy value; throws with `what` once the generous deadline is over. Never use it for a fixed delay.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { what, withinMs = 20_000, everyMs = 20 }: { what: string; withinMs?: number; everyMs?: number },
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | null | undefined | 0 | ''>;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
