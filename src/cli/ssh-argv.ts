/**
 * Rewrites what follows `tunnels up` from ssh(1)'s short options to long ones with their value attached:
 * `-NL8080:h:80` → `--L=8080:h:80`, `-p 2222` → `--p=2222`, `-oKey=value` → `--o=Key=value`.
 * In this form no value can be taken for an option, a name or a second value.
 * -N, -f, -T and -n, which every pasted ssh line has, say what a tunnel is anyway and are dropped.
 * Everything after `--` stays as it is.
 */
export function fromSshArgv(argv: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    if (word === '--') return [...out, ...argv.slice(i)];
    if (!isCluster(word)) out.push(word);
    else i += expandCluster(word, { following: argv[i + 1], out });
  }
  return out;
}

const WITH_VALUE = 'LRDJpilFo';
const DROPPED = 'NfTn';
const FLAGS = 'qvh';

/** A word of short options of which the first is one of ours; others are left for the parser to refuse by name. */
const isCluster = (word: string): boolean => /^-[A-Za-z0-9]/.test(word);

/** How many of the following words were used up as a value. */
function expandCluster(word: string, { following, out }: { following: string | undefined; out: string[] }): 0 | 1 {
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? '';
    if (DROPPED.includes(letter)) continue;
    if (WITH_VALUE.includes(letter)) {
      const attached = word.slice(at + 1);
      out.push(withValue(letter, attached === '' ? following : attached));
      return attached === '' && following !== undefined ? 1 : 0;
    }
    out.push(FLAGS.includes(letter) ? `-${letter}` : `--${letter}`);
  }
  return 0;
}

/** Without any value the option stays alone, for the parser to say so. */
const withValue = (letter: string, value: string | undefined): string => (value === undefined ? `--${letter}` : `--${letter}=${value}`);
