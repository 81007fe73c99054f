import { fail, type Result } from '../../model/result.ts';
import { readText } from '../read-text.ts';
import { importBoring } from './boring.ts';
import { type Directories, type Import, type Told, told } from './imported.ts';
import { importMole, isMole } from './mole.ts';
import { importUnit, isUnit } from './systemd-unit.ts';
import { readToml, type Table } from './toml.ts';

/** Whatever a file has: a systemd unit, the tunnels of boring, or an alias of mole. Told apart by what is in it. */
export async function importFile(file: string, from: Directories): Promise<Import> {
  const read = readText(file);
  if (!read.ok) {
    const { line, column, text: why } = read.error;
    return fail([told({ file, line, column }, 'unreadable', { why })]);
  }
  const { text } = read.value;
  if (isUnit(text)) return importUnit(text, { file, home: from.home });
  const toml = tomlOf(text, file);
  if (!toml.ok) return fail([toml.error]);
  if (isMole(toml.value)) return importMole(toml.value, { ...from, text, file });
  if (Object.hasOwn(toml.value, 'tunnels')) return importBoring(toml.value, { ...from, text, file });
  return fail([told({ file, line: 1, column: 1 }, 'unknown-file', {})]);
}

/** A file that does not say that it is TOML gets no errors of TOML. */
function tomlOf(text: string, file: string): Result<Table, Told> {
  const toml = readToml(text, file);
  return toml.ok || file.endsWith('.toml') ? toml : fail(told({ file, line: 1, column: 1 }, 'unknown-file', {}));
}
