import { isMap, isNode, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { fail, ok, type Result } from '../model/result.ts';
import { aliasesOf } from './aliases.ts';
import { mapping, type Mapping, type Spot } from './compose/part.ts';
import type { FileError } from './file-error.ts';
import { keyText, partOfYaml, type PartTrouble } from './part-of-yaml.ts';
import { yamlWords } from './yaml-errors.ts';

/** What a file is: a profile that must say something, or a file beside the profiles that may be empty. */
export type FileKind = 'profile' | 'beside';

type Given = { readonly file: string; readonly kind: FileKind };

/** Reads one YAML mapping as parts that know where they are written; all errors of the YAML at once. JSON is YAML. */
export function parseParts(text: string, { file, kind }: Given): Result<Mapping, FileError[]> {
  const at = spotsOf(text, file);
  try {
    const document = parseDocument(text, { lineCounter: at.lines, prettyErrors: false, logLevel: 'error', uniqueKeys: false });
    const errors = errorsOf(document, { at: at.spot, text });
    return errors.length > 0 ? fail(errors) : toParts(document, { at: at.spot, kind });
  } catch (error) {
    // The parser calls itself for each level, so a file of brackets alone ends in an overflow of the stack.
    if (error instanceof RangeError) return fail([{ ...at.spot(0), text: yamlWords('RESOURCE_EXHAUSTION') }]);
    throw error;
  }
}

function spotsOf(text: string, file: string): { readonly lines: LineCounter; readonly spot: At } {
  const lines = new LineCounter();
  const spot: At = (offset) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  return { lines, spot };
}

type At = (offset: number) => Spot;

function errorsOf(document: Document.Parsed, { at, text }: { readonly at: At; readonly text: string }): FileError[] {
  const found = [...document.errors, ...document.warnings];
  const open = found.findIndex(({ pos }) => text.slice(pos[0] - 1, pos[0] + 1) === '${');
  if (open >= 0) return [{ ...at((found[open]?.pos[0] ?? 1) - 1), text: NO_QUOTES }];
  const errors = found.map(({ code, pos }) => ({ ...at(pos[0]), text: yamlWords(code) }));
  // In YAML 1.1 the key `on` means true.
  const old = document.directives.yaml.explicit && document.directives.yaml.version === '1.1';
  const wrongVersion = old ? [{ ...at(0), text: 'YAML 1.1 is not read. Remove the line %YAML 1.1.' }] : [];
  return [...errors, ...wrongVersion, ...twice(document, at)];
}

/** Keys that a mapping has twice. The parser's own search compares each key with each, which takes minutes for a hostile file. */
function twice(document: Document.Parsed, at: At): FileError[] {
  const found: FileError[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const text = keyText(key);
        if (seen.has(text)) found.push({ ...at(isNode(key) ? (key.range?.[0] ?? 0) : 0), text: yamlWords('DUPLICATE_KEY') });
        seen.add(text);
      }
    },
  });
  return found;
}

function toParts(document: Document.Parsed, { at, kind }: { readonly at: At; readonly kind: FileKind }): Result<Mapping, FileError[]> {
  const start = at(document.contents?.range[0] ?? 0);
  if (document.contents === null || (!isMap(document.contents) && isBlank(document))) {
    if (kind === 'beside') return ok(mapping(new Map(), start));
    return fail([{ ...at(0), text: 'The file is empty. A profile needs at least hops and forwards.' }]);
  }
  if (!isMap(document.contents)) return fail([{ ...start, text: NO_MAPPING[kind] }]);
  const aliases = aliasesOf(document);
  if (aliases.broken.length > 0) return fail(aliases.broken.map((alias) => ({ ...at(alias.range?.[0] ?? 0), text: NO_ANCHOR })));
  const root = partOfYaml(document, { aliases, at });
  // The contents are a mapping, so their part is one too.
  return root.ok ? ok(root.value as Mapping) : fail([{ ...at(root.error.offset), text: TROUBLE[root.error.why] }]);
}

const isBlank = (document: Document.Parsed): boolean =>
  document.contents !== null && 'value' in document.contents && document.contents.value === null;

const NO_MAPPING: Readonly<Record<FileKind, string>> = {
  profile: 'A profile is a mapping of keys to values. Begin with hops: and forwards:.',
  beside: 'This file is a mapping of keys to values. Begin with a key and a colon.',
};
/** YAML takes the brace for the begin of a mapping, and everything behind it for an error. */
const NO_QUOTES = 'Inside brackets or braces a text with ${name} needs quotes, as in "${name}".';
const NO_ANCHOR = 'This alias (*name) has no anchor (&name) above it.';
const TROUBLE: Readonly<Record<PartTrouble['why'], string>> = {
  aliases: 'The aliases (*name) of this file contain themselves or are too many. Write the values out.',
  'too-many': 'The file has too many values to be a profile.',
  'too-deep': yamlWords('RESOURCE_EXHAUSTION'),
};
