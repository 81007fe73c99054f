import { DEFAULT_KEEPALIVE, type Profile } from '../../model/profile.ts';
import { type Remark, remark } from '../../model/remark.ts';
import { splitForwards } from './split-forwards.ts';
import { unsaid } from './unsaid.ts';
import { wayTo } from './way-to.ts';
import { shellQuoted } from './shell-quoted.ts';

/** One `ssh` command: its words, and the line that a shell makes the same words of. */
export type SshLine = { readonly argv: readonly string[]; readonly line: string };
export type SshExport = { readonly lines: readonly SshLine[]; readonly notes: readonly Remark[] };

/**
 * The ssh(1) commands that do what a profile does: one for each hop on which forwards begin or end, most often one. The notes
 * say what ssh cannot do, and what it does in another way; without notes the command and the profile are the same.
 */
export function sshLines(profile: Profile): SshExport {
  const { flags, notes } = splitForwards(profile);
  const keepalive = keepaliveOf(profile);
  const far = [...new Set(flags.map(({ hop }) => hop))].toSorted((a, b) => b - a);
  const ways = far.map((hop) => ({ hop, way: wayTo(profile, hop) }));
  const lines = ways.map(({ hop, way }) => {
    const options = hop === profile.hops.length - 1 ? profile.ssh.options : [];
    const specs = flags.filter((flag) => flag.hop === hop).flatMap(({ flag, spec }) => [flag, spec]);
    return [
      'ssh',
      '-N',
      '-T',
      ...optionsOf(['ExitOnForwardFailure=yes', ...keepalive.options, ...options]),
      ...way.args,
      ...specs,
      way.destination,
    ];
  });
  return {
    lines: lines.map((argv) => ({ argv, line: argv.map(shellQuoted).join(' ') })),
    notes: [
      ...(lines.length > 1 ? [remark('export-several', { count: lines.length })] : []),
      ...notes,
      ...ways.flatMap(({ way }) => way.notes),
      ...keepalive.notes,
      ...unsaid(profile),
    ],
  };
}

const optionsOf = (options: readonly string[]): string[] => options.flatMap((option) => ['-o', option]);

function keepaliveOf({ keepalive }: Profile): { readonly options: readonly string[]; readonly notes: readonly Remark[] } {
  const { intervalMs, countMax } = keepalive === 'mirror' ? DEFAULT_KEEPALIVE : keepalive;
  const seconds = Math.max(1, Math.round(intervalMs / 1000));
  const options = [`ServerAliveInterval=${seconds}`, `ServerAliveCountMax=${countMax}`];
  if (keepalive === 'mirror') return { options, notes: [remark('keepalive-mirror', { seconds, count: countMax })] };
  return { options, notes: seconds * 1000 === intervalMs ? [] : [remark('keepalive-rounded', { seconds })] };
}
