import type { Episode } from '../../src/model/story.ts';
import { type Up } from '../support/binding-place.ts';
import { median } from './measure.ts';
import { story } from './recovery-measures.ts';
import { endPlace, look, makePlace, type Place } from './recovery-place.ts';
import { type Refusal, REFUSALS } from './recovery-refusals.ts';

/** What one round found: the times, and what was not as it should be. */
type Told = {
  /** From the start of `tunnels up` until it has said it and ended. */
  readonly ms: number;
  /** From the server's refusal until the verdict. */
  readonly judgedMs: number;
  readonly wrong: readonly string[];
};

/** Bindings that are not to be had, each told for what it is, and nothing done to whoever holds them. Prints its table. */
export async function verdicts(wanted: RegExp): Promise<boolean> {
  const rows = REFUSALS.filter(({ what }) => wanted.test(what)).map((refusal) => ({ refusal, told: [] as Told[] }));
  const rounds = Number(process.env['ROUNDS'] ?? 10);
  for (let round = 0; round < rounds; round++) for (const { refusal, told } of rows) told.push(await tell(refusal).catch(failed));
  if (rows.length > 0) process.stdout.write(`\nNot to be had; ms: median (least - most, rounds)\n\n${table(rows)}`);
  return rows.every(({ told }) => told.every(({ wrong }) => wrong.length === 0));
}

const failed = (error: unknown): Told => ({ ms: Number.POSITIVE_INFINITY, judgedMs: Number.POSITIVE_INFINITY, wrong: [String(error)] });

async function tell(refusal: Refusal): Promise<Told> {
  const place = await makePlace(refusal.place);
  try {
    const holder = await refusal.hold?.(place);
    try {
      const { listener } = look(place, place.port);
      const said = await refused(refusal, place);
      const episode = (await story(place)).episodes.at(-1);
      const isUntouched = holder?.isThere() !== false && look(place, place.port).listener === listener;
      const wrong = wrongIn(refusal, { ...said, episode, isUntouched, name: holder?.name ?? '' });
      return { ms: said.ms, judgedMs: judgedMs(episode), wrong };
    } finally {
      await holder?.end();
    }
  } finally {
    await endPlace(place);
  }
}

type Said = { readonly exit: number | null; readonly because: { readonly code: string; readonly text: string } | null | undefined };
type Seen = Said & { readonly episode: Episode | undefined; readonly isUntouched: boolean; readonly name: string };

function wrongIn({ verdict, code }: Refusal, { exit, because, episode, isUntouched, name }: Seen): string[] {
  const right = {
    [`exit ${exit}`]: exit === 5,
    [`verdict ${episode?.verdict}`]: episode?.verdict === verdict,
    [`told ${because?.code}`]: because?.code === code,
    [`holder not named: ${because?.text}`]: because?.text.includes(name) === true,
    'the holder was touched': isUntouched && episode?.steps.includes('evict') !== true,
  };
  return Object.keys(right).filter((what) => !right[what]);
}

async function refused({ listen = String }: Refusal, { lab, port }: Place): Promise<Said & { readonly ms: number }> {
  lab.profile('bench', [`{ remote: "${listen(port)}", to: "${lab.bastion.host}:${lab.bastion.port}" }`], { hops: lab.oneHop });
  const from = performance.now();
  const ran = await lab.cli.run(['up', 'bench', '--json']);
  const ms = performance.now() - from;
  const [tunnel] = ran.json<Up>().tunnels;
  return { ms, exit: ran.code, because: tunnel?.forwards[0]?.because ?? tunnel?.because };
}

function judgedMs(episode: Episode | undefined): number {
  const at = (kind: string): number => Date.parse(episode?.entries.find((entry) => entry.kind === kind)?.at ?? '');
  return at('verdict') - at('refused');
}

function table(rows: readonly { readonly refusal: Refusal; readonly told: readonly Told[] }[]): string {
  const lines = rows.map(({ refusal, told }) => {
    const wrong = [...new Set(told.flatMap((each) => each.wrong))];
    const is = wrong.length === 0 ? 'met' : `MISSED: ${wrong.join(', ')}`;
    return [refusal.what, refusal.verdict, spread(told.map(({ ms }) => ms)), spread(told.map((each) => each.judgedMs)), is];
  });
  const head = ['situation', 'verdict', '`tunnels up`, from its start to its end', '… from the refusal to the verdict', ''];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

const spread = (all: readonly number[]): string =>
  `${median(all).toFixed(0)} (${Math.min(...all).toFixed(0)} – ${Math.max(...all).toFixed(0)}, ${all.length})`;
