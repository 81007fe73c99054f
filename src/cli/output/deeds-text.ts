import type { Danger, Deed } from '../../model/deeds/deed.ts';
import { reasonsOfDeed, wordsOfDeed } from '../../model/deeds/deed-words.ts';
import type { DeedChange } from '../../model/deeds/diff-deeds.ts';
import { visible } from '../../model/visible.ts';
import { printSource } from '../../profiles/source.ts';
import { isNews, type View } from '../trust/view.ts';
import type { Ink } from './screen.ts';

/** What a person reads before trusting a profile: all that it does, or what is different since it was trusted. */
export function viewText({ file, deeds, changes, own }: View, ink: Ink): string {
  const from = ink.dim(`${printSource(file.source)}  ${visible(file.file)}`);
  return [
    `${ink.bold(file.name)}  ${from}`,
    ...(changes === null ? deeds.map((deed) => lineOf(deed, ink)) : changesText(changes, ink)),
    ...(own.length === 0 ? [] : ['  With your own changes (overrides.yaml):', ...own.map((change) => changeText(change, ink))]),
  ].join('\n');
}

/** Deeds that deserve a second look, with the reasons. */
export const warningsText = (deeds: readonly Deed[], ink: Ink): string =>
  deeds
    .filter(({ danger }) => danger !== 'none')
    .map((deed) => lineOf(deed, ink))
    .join('\n');

function changesText(changes: readonly DeedChange[], ink: Ink): string[] {
  const news = changes.filter(isNews);
  const same = changes.length - news.length;
  if (news.length === 0) return ['  does what it did when you trusted it; only how its files are written has changed'];
  const rest = same === 0 ? [] : [ink.dim(`    (${same} as before)`)];
  return ['  has changed since you trusted it:', ...news.map((change) => changeText(change, ink)), ...rest];
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
