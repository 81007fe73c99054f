import { isAlias, isMap, isNode, isScalar, isSeq, type Document, type Node } from 'yaml';
import { fail, ok, type Result } from '../model/result.ts';
import type { Aliases } from './aliases.ts';
import { list, mapping, scalar, type Entry, type Part, type Plain, type Spot } from './compose/part.ts';

/** Why a document is no profile, and the offset at which that shows. */
export type PartTrouble = { readonly why: 'aliases' | 'too-many' | 'too-deep'; readonly offset: number };

/** Nothing of a profile is nested deeper than this; whoever walks through one may call itself for each level. */
const DEEPEST = 32;
const MOST_VALUES = 20_000;
/** What aliases stand for counts each time: a few lines of them can mean billions of values. */
const MOST_VALUES_WITH_ALIASES = 5_000;

type Given = { readonly aliases: Aliases; readonly at: (offset: number) => Spot };

/** The document's contents as parts; each node is made once, however many aliases lead to it. */
export function partOfYaml(document: Document.Parsed, given: Given): Result<Part, PartTrouble> {
  const making = new Making(given);
  const root = making.partOf(document.contents as Node, { spot: given.at(0), depth: 0 });
  if (making.trouble !== null) return fail(making.trouble);
  const [first] = given.aliases.all;
  if (sizeOf(root, new Map()) <= (first === undefined ? MOST_VALUES : MOST_VALUES_WITH_ALIASES)) return ok(root);
  return fail(first === undefined ? { why: 'too-many', offset: 0 } : { why: 'aliases', offset: offsetOf(first) });
}

type Around = { readonly spot: Spot; readonly depth: number };

class Making {
  trouble: PartTrouble | null = null;
  readonly #given: Given;
  readonly #made = new Map<Node, Part>();
  readonly #open = new Set<Node>();

  constructor(given: Given) {
    this.#given = given;
  }

  partOf(node: unknown, around: Around): Part {
    if (!isNode(node)) return scalar(null, around.spot);
    const known = this.#made.get(node);
    if (known !== undefined) return known;
    if (around.depth > DEEPEST) this.#stop('too-deep', node);
    if (this.#open.has(node)) this.#stop('aliases', node);
    if (this.trouble !== null) return scalar(null, around.spot);
    this.#open.add(node);
    const part = this.#make(node, around);
    this.#open.delete(node);
    this.#made.set(node, part);
    return part;
  }

  #make(node: Node, { spot, depth }: Around): Part {
    const here = this.#spotOf(node, spot);
    const inner = { spot: here, depth: depth + 1 };
    if (isAlias(node)) return this.#target(node, inner);
    if (isSeq(node))
      return list(
        node.items.map((item) => this.partOf(item, { ...inner, spot: this.#startOf(item, here) })),
        here,
      );
    if (isMap(node)) return mapping(new Map(node.items.map(({ key, value }) => this.#entry({ key, value }, inner))), here);
    return scalar(isScalar(node) ? (node.value as Plain) : null, here);
  }

  /** What the alias stands for, at the alias's own place; what is inside it is written at the anchor. */
  #target(node: Node, inner: Around): Part {
    const target = this.#given.aliases.targets.get(node);
    if (target !== undefined && this.#open.has(target)) this.#stop('aliases', node);
    return { ...this.partOf(target, inner), at: inner.spot };
  }

  #entry({ key, value }: { key: unknown; value: unknown }, { spot, depth }: Around): [string, Entry] {
    const at = this.#spotOf(key, spot);
    return [keyText(key), { key: at, value: this.partOf(value, { spot: at, depth }) }];
  }

  #stop(why: PartTrouble['why'], node: Node): void {
    this.trouble ??= { why, offset: offsetOf(node) };
  }

  /** An empty value is placed behind everything up to the next key, so it is shown at what is around it instead. */
  #spotOf(node: unknown, around: Spot): Spot {
    if (!isNode(node) || !node.range) return around;
    const isEmpty = isScalar(node) && node.value === null && node.range[0] === node.range[1];
    return isEmpty ? around : this.#given.at(node.range[0]);
  }

  /** An entry of a list has no key: its own place stands in, also where it is empty. */
  #startOf(node: unknown, around: Spot): Spot {
    return isNode(node) && node.range ? this.#given.at(node.range[0]) : around;
  }
}

/** Keys that are no text become one in the data. */
export const keyText = (key: unknown): string => (isScalar(key) ? String((key.value as Plain) ?? '') : String(key));

const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

/** How many values there are when every alias is written out; may be Infinity. */
function sizeOf(part: Part, known: Map<Part, number>): number {
  const size = known.get(part);
  if (size !== undefined) return size;
  const inside = part.is === 'scalar' ? [] : part.is === 'list' ? part.items : [...part.entries.values()].map(({ value }) => value);
  const total = inside.reduce((sum, item) => sum + sizeOf(item, known), 1);
  known.set(part, total);
  return total;
}
