/** What is larger is no profile (as read-text.ts has it). */
export const MOST_FILE_BYTES = 1_000_000;
/** Of all profiles of a source together. */
export const MOST_BYTES = 20_000_000;
export const MOST_FILES = 5_000;
