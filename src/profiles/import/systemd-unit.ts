import { basename } from 'node:path';
import { fail, ok, type Result } from '../../model/result.ts';
import type { Spot } from '../compose/part.ts';
import { importCommand, importCommandText, isCommand, variableNote, withNotes } from './command-line.ts';
import { type Directories, type Import, type Imported, type Told, told } from './imported.ts';
import type { Word } from './ssh-argv.ts';
import { type Environment, fillWords, unitEnvironment } from './unit-environment.ts';
import { type UnitLine, unitLines } from './unit-lines.ts';
import { unitWords } from './unit-words.ts';

export const isUnit = (text: string): boolean => /^\s*\[Service\]\s*$/m.test(text) && /^\s*ExecStart\s*=/m.test(text);

/** Every ExecStart= of a systemd service that begins with ssh or autossh. */
export function importUnit(text: string, { file, home }: { readonly file: string; readonly home: string }): Import {
  const lines = unitLines(text, file).filter(({ section }) => section === 'Service');
  const environment = unitEnvironment(lines);
  if (!environment.ok) return fail([environment.error]);
  const from = { home, cwd: lines.findLast(({ key }) => key === 'WorkingDirectory')?.value ?? '/' };
  const made = started(lines).map((line) => standingAt(line.at, importExec(line, { from, environment: environment.value })));
  const faults = made.flatMap((one) => (one.ok ? [] : one.error));
  const tunnels = made.flatMap((one) => (one.ok ? one.value : []));
  if (faults.length > 0) return fail(faults);
  if (tunnels.length === 0) return fail([told({ file, line: 1, column: 1 }, 'no-exec', {})]);
  const name = basename(file).replace(/\.service$/, '');
  const named = tunnels.map((one, index): Imported => ({ ...one, name: index === 0 ? name : `${name}-${index + 1}` }));
  return withNotes(ok(named), notesOf(lines, environment.value));
}

const standingAt = (at: Spot, made: Import): Import => (made.ok ? ok(made.value.map((one) => ({ ...one, at }))) : made);

/** An empty ExecStart= takes back those above it. */
function started(lines: readonly UnitLine[]): UnitLine[] {
  const all = lines.filter(({ key }) => key === 'ExecStart');
  return all.slice(all.findLastIndex(({ value }) => value === '') + 1);
}

type Given = { readonly from: Directories; readonly environment: Environment };

function importExec(line: UnitLine, { from, environment }: Given): Import {
  const prefix = /^[@\-:+!|]*/.exec(line.value)?.[0] ?? '';
  const words = unitWords({ value: line.value.slice(prefix.length), spotAt: (offset) => line.spotAt(offset + prefix.length) });
  if (!words.ok) return fail([words.error]);
  // With @ the second word is only what the program is to call itself.
  const argv = prefix.includes('@') ? words.value.toSpliced(1, 1) : words.value;
  const filled = prefix.includes(':') ? ok(argv) : filledArguments(argv, environment);
  if (!filled.ok) return fail([filled.error]);
  const script = scriptOf(filled.value);
  if (script !== null) return placed(importCommandText(script.text, from), script.at);
  const isSsh = isCommand(filled.value.map(({ text }) => text));
  return isSsh ? importCommand(filled.value, from) : ok([]);
}

/** What is to be run is never filled in. */
function filledArguments([program, ...rest]: readonly Word[], environment: Environment): Result<Word[], Told> {
  const filled = fillWords(rest, environment);
  return filled.ok && program !== undefined ? ok([program, ...filled.value]) : filled;
}

/** `/bin/sh -c 'exec ssh ...'` */
function scriptOf([program, option, script]: readonly Word[]): Word | null {
  const isShell = ['sh', 'bash', 'dash'].includes(basename(program?.text ?? '')) && /^-[a-z]*c$/.test(option?.text ?? '');
  return isShell ? (script ?? null) : null;
}

/** A script has no places of its own: what is told of it is told of the word that it is. */
function placed(made: Import, at: Spot | null): Import {
  const placedAll = (all: readonly Told[]): Told[] => all.map((one) => ({ ...one, at: one.at ?? at }));
  return made.ok ? ok(made.value.map((one) => ({ ...one, notes: placedAll(one.notes) }))) : fail(placedAll(made.error));
}

const RUNS = /^Exec(?:StartPre|StartPost|Condition|Reload|Stop|StopPost)$/;

function notesOf(lines: readonly UnitLine[], environment: Environment): Told[] {
  const user = lines.findLast(({ key, value }) => key === 'User' && value !== '');
  const commands = lines.filter(({ key, value }) => RUNS.test(key) && value !== '');
  const variables = [...environment].filter(([name]) => name.startsWith('AUTOSSH_'));
  return [
    ...(user === undefined ? [] : [told(user.at, 'unit-user', { what: user.value })]),
    ...commands.map(({ key, at }) => told(at, 'unit-command', { what: `${key}=` })),
    ...variables.map(([name, { at }]) => variableNote({ text: `${name}=`, at })),
  ];
}
