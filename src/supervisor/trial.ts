/** What the work threw, for who has more to do before that is told; null: nothing. */
export function trial(work: () => void): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}
