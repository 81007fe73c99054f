import { printDuration } from '../../model/duration.ts';
import type { TunnelSnapshot } from '../../model/snapshot.ts';
import type { Episode, Story, StoryEntry } from '../../model/story.ts';
import { troubleOf } from '../settle.ts';
import { oneLine } from './plain-text.ts';
import { relativeTime } from './relative-time.ts';
import type { Ink } from './screen.ts';
import { table } from './table.ts';

export type StoryOptions = {
  readonly now: number;
  readonly ink: Ink;
  /** Every episode, or the last one only. */
  readonly all: boolean;
};

/** What happened to a tunnel's bindings, and at the end the one thing to do. */
export function storyText(story: Story, tunnel: TunnelSnapshot, options: StoryOptions): string {
  const told = options.all ? story.episodes : story.episodes.slice(-1);
  const last = told.at(-1);
  if (last === undefined) return presentTrouble(tunnel, options).join('\n');
  return [...told.map((episode) => episodeText(episode, options)), ending(last, tunnel, options)].join('\n\n');
}

function episodeText(episode: Episode, options: StoryOptions): string {
  const { ink } = options;
  const title = `${ink.bold(oneLine(episode.forward))} on ${oneLine(episode.on)}, ${oneLine(episode.listen)}: ${outcomeOf(episode, ink)}`;
  const began = `${ink.dim(`began ${episode.startedAt}, ${relativeTime(episode.startedAt, options.now)}`)}`;
  const rows = episode.entries.map((entry) => row(entry, episode, ink));
  return [title, `  ${began}`, table(rows), ...waiting(episode, options)].join('\n');
}

function outcomeOf({ outcome, startedAt, endedAt, verdict }: Episode, ink: Ink): string {
  const took = endedAt === null ? '' : printDuration(Date.parse(endedAt) - Date.parse(startedAt));
  switch (outcome) {
    case 'bound':
      return ink.green(`bound again after ${took}`);
    case 'asks':
      return ink.red(`a person is needed${verdict === null ? '' : ` (${verdict})`}`);
    case 'called-off':
      return ink.dim(`called off after ${took}`);
    case 'going-on':
      return ink.yellow(`goes on${verdict === null ? '' : ` (${verdict})`}`);
  }
}

/** `+1s 20ms  verdict  text  (12ms)`: since the beginning, as that is what a wait is measured by. */
function row({ at, kind, text, ms }: StoryEntry, { startedAt }: Episode, ink: Ink): string[] {
  const since = Date.parse(at) - Date.parse(startedAt);
  const took = ms === null || kind === 'bound' || kind === 'asks' ? '' : ink.dim(` (took ${printDuration(ms)})`);
  return [`  ${ink.dim(`+${printDuration(since)}`)}`, KIND_INK[kind](ink)(kind), `${oneLine(text)}${took}`];
}

const KIND_INK: Record<StoryEntry['kind'], (ink: Ink) => (text: string) => string> = {
  lost: (ink) => ink.red,
  refused: (ink) => ink.red,
  evidence: (ink) => ink.dim,
  verdict: (ink) => ink.bold,
  step: (ink) => ink.cyan,
  waiting: (ink) => ink.yellow,
  bound: (ink) => ink.green,
  asks: (ink) => ink.red,
};

function waiting({ waitsUntil, outcome }: Episode, { now, ink }: StoryOptions): string[] {
  if (outcome !== 'going-on') return [];
  if (waitsUntil === null) return [`  ${ink.yellow('waits')} until the binding is free; when that will be is not known`];
  const left = Date.parse(waitsUntil) - now;
  return [
    `  ${ink.yellow('waits')} until ${waitsUntil}${left > 0 ? `, ${relativeTime(waitsUntil, now)}` : ', which is over: it is tried again any moment'}`,
  ];
}

function ending(episode: Episode, tunnel: TunnelSnapshot, options: StoryOptions): string {
  const arrow = options.ink.cyan('→');
  const forward = tunnel.forwards.find(({ name }) => name === episode.forward);
  // A question that waits for a person comes before what happened earlier.
  const asked = tunnel.prompt === undefined ? null : tunnel.because;
  const because = asked ?? forward?.because ?? (episode.outcome === 'bound' ? tunnel.because : troubleOf(tunnel));
  if (because !== null) return `${asked === null ? '' : `${oneLine(asked.text)}\n`}${arrow} ${because.next}`;
  return `${arrow} Nothing to do: ${forward?.state === 'listening' ? `${episode.forward} listens.` : `${tunnel.name} is ${tunnel.state}.`}`;
}

function presentTrouble(tunnel: TunnelSnapshot, { ink }: StoryOptions): string[] {
  const because = troubleOf(tunnel);
  if (because === null) return [`No binding of ${tunnel.name} was in trouble.`, `${tunnel.name} is ${tunnel.state}.`];
  return [`${tunnel.name} is ${tunnel.state}: ${because.text}`, `${ink.cyan('→')} ${because.next}`];
}
