/**
 * Text that somebody else may have written, such as a server: nothing of it may steer a terminal, or turn round the direction
 * that it is read in. Tabs and ends of lines stay.
 */
export const printable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?');
