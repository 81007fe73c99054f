/** A line of sshd_config(5): its keyword in lower case, and its arguments without their quotes. */
export type Directive = { readonly keyword: string; readonly args: readonly string[] };

/** The lines that say something; comments, also behind arguments, are left out. */
export function directivesIn(text: string): Directive[] {
  return text.split('\n').flatMap((line) => {
    // One `=` may stand between the keyword and what follows.
    const [, keyword, rest = ''] = /^\s*([a-z]+)(?:\s*=\s*|\s+|$)(.*)$/i.exec(line) ?? [];
    return keyword === undefined ? [] : [{ keyword: keyword.toLowerCase(), args: argumentsIn(rest) }];
  });
}

function argumentsIn(text: string): string[] {
  const found = [...text.matchAll(/"([^"]*)"|(#.*)|([^\s"#][^\s"]*)/g)];
  const comment = found.findIndex(([, , hash]) => hash !== undefined);
  return found.slice(0, comment < 0 ? undefined : comment).map(([, quoted, , plain]) => quoted ?? plain ?? '');
}

const UNIT: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** Milliseconds of a time such as `90`, `5m` or `1h30m` (sshd_config(5), TIME FORMATS); null where it is none. */
export function timeIn(text: string): number | null {
  if (!/^(?:\d{1,9}[smhdw]?)+$/i.test(text)) return null;
  const parts = text.matchAll(/(\d+)([smhdw]?)/gi);
  return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT[unit.toLowerCase()] ?? 0) * 1_000, 0);
}

export const countIn = (text: string): number | null => (/^\d{1,9}$/.test(text) ? Number(text) : null);
