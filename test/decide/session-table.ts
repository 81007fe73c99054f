import { sessionOfScope } from '../../src/model/binding.ts';
import type { TableRow } from './binding-table.ts';
import { BOOT, ME, mine, probablyStale, proof, same, session, staleProven } from './evidence.ts';

const scope = { id: '787', leader: 3456, startTicks: 8_000 };
const ofScope = sessionOfScope(scope, { uid: ME, bootId: BOOT, comm: 'sshd' });

/** Rows 9 to 11: a listener of our own user, and what is known of the session that may hold it. */
export const SESSIONS: readonly TableRow[] = [
  { n: '9', when: 'our record matches and we declared it dead', given: mine(same), is: staleProven, not: ['cannot-tell'] },
  {
    n: '9',
    when: '... it was not declared dead but is seen dead',
    given: mine({ recorded: session({ declaredDead: false }), process: 'same', connection: 'silent' }),
    is: staleProven,
    not: ['cannot-tell'],
  },
  {
    n: '9',
    when: '... it was neither',
    given: mine({ recorded: session({ declaredDead: false }), process: 'same' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale'],
  },
  {
    n: '9',
    when: '... but a live link uses it',
    given: mine({ recorded: session({ usedByLiveLink: true }), process: 'same', connection: 'silent' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale'],
  },
  { n: '9', when: '... but it is the session that looks', given: mine({ ...same, ownPid: 2345 }), is: probablyStale, not: ['ours-live'] },
  {
    n: '9',
    when: '... but its process is no sshd',
    given: mine({ ...same, recorded: session({ comm: 'postgres' }), connection: 'silent' }),
    is: probablyStale,
    not: ['ours-live'],
  },
  {
    n: '9',
    when: 'the pid was given to another process',
    given: mine({ recorded: session(), process: 'reused', connection: 'gone' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale'],
  },
  {
    n: '9',
    when: 'hidepid hides it, and its connection is still there, silent',
    given: mine({ recorded: session({ startTicks: null, comm: '?' }), process: 'hidden', connection: 'silent' }),
    is: { is: 'ours-stale', session: { ...proof, startTicks: null } },
    not: ['cannot-tell'],
  },
  {
    n: '9',
    when: "... is gone, so that the pid may be anybody's",
    given: mine({ recorded: session({ startTicks: null, comm: '?' }), process: 'hidden', connection: 'gone' }),
    is: probablyStale,
    not: ['ours-live'],
  },
  {
    n: '9',
    when: '... is silent, but only a marker speaks for it',
    given: mine({ recorded: session({ startTicks: null, source: 'marker' }), process: 'hidden', connection: 'silent' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale'],
  },
  {
    n: '9',
    when: 'a marker says dead, and nothing shows it',
    given: mine({ recorded: session({ source: 'marker' }), process: 'same' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale'],
  },
  {
    n: '10',
    when: "no record, and the scope's connection is silent after the poke",
    given: mine({ scope, recorded: ofScope, process: 'same', connection: 'silent' }),
    is: { is: 'ours-stale', session: { pid: 3456, startTicks: 8_000, bootId: BOOT } },
    not: ['cannot-tell'],
  },
  {
    n: '10',
    when: '... was not looked at',
    given: mine({ scope, recorded: ofScope, process: 'same' }),
    is: { is: 'cannot-tell' },
    not: ['ours-stale'],
  },
  {
    n: '10',
    when: '... answers',
    given: mine({ scope, recorded: ofScope, process: 'same', connection: 'answers' }),
    is: { is: 'ours-live', where: 'elsewhere', session: { pid: 3456, peer: null }, takeOver: null },
    not: ['ours-stale'],
  },
  { n: '10', when: 'a scope that nothing was found out about', given: mine({ scope }), is: { is: 'cannot-tell' }, not: ['ours-stale'] },
  {
    n: '11',
    when: "the holder's connection answers",
    given: mine({ ...same, connection: 'answers', peer: { host: '192.0.2.7', port: 5022 } }),
    is: { is: 'ours-live', where: 'elsewhere', session: { pid: 2345, peer: { host: '192.0.2.7', port: 5022 } }, takeOver: null },
    not: ['ours-stale'],
  },
  {
    n: '11',
    when: '... and the user takes over',
    given: mine({ ...same, connection: 'answers', takeOver: true }),
    is: { is: 'ours-live', takeOver: proof },
    not: ['ours-stale'],
  },
  {
    n: '11',
    when: '... but its process is hidden',
    given: mine({ recorded: session({ startTicks: null }), process: 'hidden', connection: 'answers', takeOver: true }),
    is: { is: 'ours-live', takeOver: null },
    not: ['ours-stale'],
  },
];
