import { Document } from 'yaml';
import { wordsOfRemark } from '../../model/remark.ts';
import { ESCAPED } from '../compose/variables.ts';
import { MODELINE } from '../modeline.ts';
import type { Imported } from './imported.ts';

/** The text of a profile's file: the modeline for editors, what could not be carried over, and the profile. */
export function profileYaml({ document, notes }: Pick<Imported, 'document' | 'notes'>): string {
  const said = [...new Set(notes.map(({ remark }) => wordsOfRemark(remark)))];
  const head = said.length === 0 ? [MODELINE] : [MODELINE, '# Not carried over:', ...said.map((line) => `# - ${line}`)];
  return `${head.join('\n')}\n${new Document(literal(document)).toString({ lineWidth: 0, flowCollectionPadding: true })}`;
}

/** A `${` of the source means itself, and a profile would take it for a variable. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => ESCAPED);
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, literal(entry)]));
}
