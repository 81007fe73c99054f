import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Roster, type Seat } from '../../src/platform/roster.ts';

describe('a roster', () => {
  test('has those who entered and did not leave, however they come and go, as a set has', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ leaves: fc.boolean(), which: fc.nat() }), { maxLength: 200 }), (steps) => {
        const roster = new Roster<number>();
        const seats: Seat<number>[] = [];
        const there = new Set<number>();
        for (const [member, { leaves, which }] of steps.entries()) {
          const seat = seats[which % (seats.length || 1)];
          // One may leave more than once.
          if (leaves && seat !== undefined) {
            roster.leave(seat);
            there.delete(seat.member);
          } else {
            seats.push(roster.enter(member));
            there.add(member);
          }
          expect(roster.size).toBe(there.size);
          expect(new Set(roster.members())).toEqual(there);
        }
      }),
    );
  });

  test('lets somebody leave while its members are looked at', () => {
    const roster = new Roster<() => void>();
    const called: string[] = [];
    const first = roster.enter(() => void called.push('first'));
    roster.enter(() => (called.push('second'), roster.leave(first)));
    for (const call of roster.members()) call();
    expect(called).toEqual(['first', 'second']);
    expect(roster.size).toBe(1);
  });

  test('is empty once it was cleared, and whoever leaves then drives nobody else out', () => {
    const roster = new Roster<string>();
    const before = roster.enter('before');
    roster.clear();
    expect(roster.members()).toEqual([]);
    roster.enter('after');
    roster.leave(before);
    expect(roster.members()).toEqual(['after']);
  });
});
