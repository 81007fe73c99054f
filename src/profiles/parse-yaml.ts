import { isAlias, isMap, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { fail, ok, type Result } from '../model/result.ts';
import { positionOf, type Position } from './position.ts';
import { yamlWords } from './yaml-errors.ts';

export type YamlError = Position & { readonly text: string };
/** A document as data, and where each of its parts is written. */
export type Parsed = { readonly data: unknown; readonly locate: (path: readonly (string | number)[], part: 'key' | 'value') => Position };

/** Reads one YAML mapping; all errors of the YAML at once. JSON is YAML. */
export function parseYaml(text: string): Result<Parsed, YamlError[]> {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const errors = errorsOf(document, at);
    return errors.length > 0 ? fail(errors) : toData(document, at);
  } catch (error) {
    // The parser calls itself for each level, so a file of brackets alone ends in an overflow of the stack.
    if (error instanceof RangeError) return fail([{ line: 1, column: 1, text: yamlWords('RESOURCE_EXHAUSTION') }]);
    throw error;
  }
}

type At = (offset: number) => Position;

function errorsOf(document: Document.Parsed, at: At): YamlError[] {
  const errors = [...document.errors, ...document.warnings].map(({ code, pos }) => ({ ...at(pos[0]), text: yamlWords(code) }));
  // In YAML 1.1 the key `on` means true.
  const old = document.directives.yaml.explicit && document.directives.yaml.version === '1.1';
  return old ? [...errors, { line: 1, column: 1, text: 'YAML 1.1 is not read. Remove the line %YAML 1.1.' }] : errors;
}

function toData(document: Document.Parsed, at: At): Result<Parsed, YamlError[]> {
  const start = at(document.contents?.range[0] ?? 0);
  if (document.contents === null || (!isMap(document.contents) && isBlank(document))) {
    return fail([{ line: 1, column: 1, text: 'The file is empty. A profile needs at least hops and forwards.' }]);
  }
  if (!isMap(document.contents))
    return fail([{ ...start, text: 'A profile is a mapping of keys to values. Begin with hops: and forwards:.' }]);
  const broken = brokenAlias(document, at);
  if (broken !== null) return fail([broken]);
  return resolved(document, at);
}

const isBlank = (document: Document.Parsed): boolean =>
  document.contents !== null && 'value' in document.contents && document.contents.value === null;

/** A hundred uses of anchors are more than a profile needs; files that grow without end on reading have more. */
const MOST_ALIASES = 100;

function resolved(document: Document.Parsed, at: At): Result<Parsed, YamlError[]> {
  try {
    const data: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return ok({ data, locate: (path, part) => at(positionOf(document, { path, part })) });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return fail([
      { ...firstAlias(document, at), text: 'The aliases (*name) of this file contain themselves or are too many. Write the values out.' },
    ]);
  }
}

function brokenAlias(document: Document.Parsed, at: At): YamlError | null {
  let found: YamlError | null = null;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      found = { ...at(alias.range?.[0] ?? 0), text: 'This alias (*name) has no anchor (&name) above it.' };
      return visit.BREAK;
    },
  });
  return found;
}

function firstAlias(document: Document.Parsed, at: At): Position {
  let offset = 0;
  visit(document, {
    Node(_key, node) {
      if (!isAlias(node)) return undefined;
      offset = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return at(offset);
}
