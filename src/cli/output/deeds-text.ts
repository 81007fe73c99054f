import pc from 'picocolors';
import type { Danger, Deed } from '../../model/deeds/deed.ts';
import { reasonsOfDeed, wordsOfDeed } from '../../model/deeds/deed-words.ts';
import type { DeedChange } from '../../model/deeds/diff-deeds.ts';
import { visible } from '../../model/visible.ts';
import { printSource } from '../../profiles/source.ts';
import { commonChanges } from '../trust/common-changes.ts';
import { isNews, type View } from '../trust/view.ts';
import type { Ink } from './screen.ts';

/**
 * What a person reads before trusting profiles: of each all that it does, or what is different since it was trusted. What has
 * changed in several of them in the same way, as a line of the known_hosts beside them, is told once for all of these.
 */
export function viewsText(views: readonly View[], ink: Ink): string {
  const common = commonChanges(views, keyOf);
  const told = new Set(common.flatMap(({ texts }) => [...texts]));
  return [
    ...common.map(({ names, changes }) =>
      [`${ink.bold(names.join(', '))}  ${ink.dim('each of them')}`, CHANGED, ...changes.map((change) => changeText(change, ink))].join(
        '\n',
      ),
    ),
    ...views.map((view) => viewText(view, told, ink)),
  ].join('\n\n');
}

const CHANGED = '  has changed since you trusted it:';

const PLAIN = pc.createColors(false);
const keyOf = (change: DeedChange): string => changeText(change, PLAIN);

function viewText({ file, deeds, changes, own }: View, told: ReadonlySet<string>, ink: Ink): string {
  const from = ink.dim(`${printSource(file.source)}  ${visible(file.file)}`);
  return [
    `${ink.bold(file.name)}  ${from}`,
    ...(changes === null ? deeds.map((deed) => lineOf(deed, ink)) : changesText(changes, told, ink)),
    ...(own.length === 0 ? [] : ['  With your own changes (overrides.yaml):', ...own.map((change) => changeText(change, ink))]),
  ].join('\n');
}

/** Deeds that deserve a second look, with the reasons. */
export const warningsText = (deeds: readonly Deed[], ink: Ink): string =>
  deeds
    .filter(({ danger }) => danger !== 'none')
    .map((deed) => lineOf(deed, ink))
    .join('\n');

function changesText(changes: readonly DeedChange[], told: ReadonlySet<string>, ink: Ink): string[] {
  const all = changes.filter(isNews);
  const same = changes.length - all.length;
  if (all.length === 0) return ['  does what it did when you trusted it; only how its files are written has changed'];
  const news = all.filter((change) => !told.has(keyOf(change)));
  const rest = same === 0 ? [] : [ink.dim(`    (${same} as before)`)];
  if (news.length === 0) return ['  has changed only as shown above', ...rest];
  return [
    news.length === all.length ? CHANGED : '  has changed as shown above, and:',
    ...news.map((change) => changeText(change, ink)),
    ...rest,
  ];
}

function changeText(change: DeedChange, ink: Ink): string {
  const { deed, danger } = change;
  if (change.is === 'added') return lineOf(deed, ink, { sign: '+', danger });
  if (change.is === 'removed') return lineOf(deed, ink, { sign: '-', danger, why: [] });
  if (change.is === 'same') return lineOf(deed, ink);
  return `${lineOf(change.before, ink, { sign: '-', danger: 'none', why: [] })}\n${lineOf(deed, ink, { sign: '+', danger })}`;
}

type Line = { readonly sign?: '+' | '-' | ' '; readonly danger?: Danger; readonly why?: readonly string[] };

function lineOf(deed: Deed, ink: Ink, { sign = ' ', danger = deed.danger, why = reasonsOfDeed(deed) }: Line = {}): string {
  const paint = { none: (text: string) => text, caution: ink.yellow, danger: ink.red }[danger];
  const line = paint(`${MARK[danger]} ${sign} ${wordsOfDeed(deed)}`);
  return [line, ...why.map((text) => ink.dim(`      ${text}`))].join('\n');
}

/** Seen without colours too. */
const MARK: Record<Danger, string> = { none: ' ', caution: '?', danger: '!' };
