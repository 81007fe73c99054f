import { isAlias, isMap, isNode, isScalar, isSeq, type Document, type Node, type Pair } from 'yaml';

/** Both count from 1. */
export type Position = { readonly line: number; readonly column: number };

type Place = { readonly path: readonly (string | number)[]; readonly part: 'key' | 'value' };

/** The offset at which a part of the document is written; that of the nearest part around it where it is not there. */
export function positionOf(document: Document.Parsed, { path, part }: Place): number {
  let node: Node = document.contents as Node;
  let offset = offsetOf(node, 0);
  for (const [depth, step] of path.entries()) {
    const found = childOf(resolve(node, document), step);
    if (found === null) return offset;
    offset = part === 'key' && depth === path.length - 1 ? offsetOf(found.key, offset) : offsetOf(found.value, offsetOf(found.key, offset));
    if (!isNode(found.value)) return offset;
    node = found.value;
  }
  return offset;
}

type Child = { readonly key: unknown; readonly value: unknown };

function childOf(node: Node | undefined, step: string | number): Child | null {
  if (isSeq(node)) return typeof step === 'number' && step < node.items.length ? entryOf(node.items[step]) : null;
  if (!isMap(node)) return null;
  return (node.items as Pair[]).find(({ key }) => keyText(key) === String(step)) ?? null;
}

/** An entry has no key: its own place stands in, also where it is empty. */
const entryOf = (value: unknown): Child => ({ key: isNode(value) ? (value.range?.[0] ?? null) : null, value });

/** Keys that are no text become one in the data. */
const keyText = (key: unknown): string => (isScalar(key) ? String((key.value as string | number | boolean | null) ?? '') : String(key));

const resolve = (node: Node, document: Document.Parsed): Node | undefined => (isAlias(node) ? node.resolve(document) : node);

/** An empty value is placed behind everything up to the next key, so it is shown at its own key instead. */
const offsetOf = (node: unknown, otherwise: number): number => {
  if (typeof node === 'number') return node;
  if (!isNode(node) || !node.range) return otherwise;
  const isEmpty = isScalar(node) && node.value === null && node.range[0] === node.range[1];
  return isEmpty ? otherwise : node.range[0];
};
