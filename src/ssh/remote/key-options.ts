/** How sshd tells them at login (auth2-pubkeyfile.c): `PATH:LINE: key options: agent-forwarding port-forwarding pty`. */
const KEY_OPTIONS = /: key options:((?: \S+)*)$/;

/** Words of the options of the key that was let in, as sshd told them in SSH_MSG_DEBUG; null where it told none. */
export function keyOptionsIn(said: readonly string[]): readonly string[] | null {
  // The last, as keys that were offered before and not used are told too.
  const told = said.flatMap((sentence) => KEY_OPTIONS.exec(sentence)?.[1] ?? []).at(-1);
  return told === undefined ? null : told.split(' ').filter((word) => word !== '');
}
