import { isNode, visit, type Alias, type Document, type Node } from 'yaml';

/** What each alias stands for: the last node above it with its anchor. */
export type Aliases = {
  readonly targets: ReadonlyMap<Node, Node>;
  /** In the order of the file. */
  readonly all: readonly Alias[];
  /** Without an anchor. */
  readonly broken: readonly Alias[];
};

/** One walk for all of them: the parser's own way walks once for each, which takes minutes for a hostile file. */
export function aliasesOf(document: Document.Parsed): Aliases {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  const all: Alias[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      all.push(alias);
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value: (_key, node) => {
      if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return { targets, all, broken: all.filter((alias) => !targets.has(alias)) };
}
