import { describe, expect, it } from 'vitest';

import type { SnapshotEvent } from '../src/contract';
import { Model } from '../src/model';
import { Past, type Segment, within } from '../src/rewind';

const honesty = (captured: number) => ({ captured }) as unknown as SnapshotEvent['honesty'];
const wall = (count: number) => ({
  id: 'names',
  view: 'wall' as const,
  title: 'Names',
  start: 0,
  end: 0,
  columns: ['count'],
  wall: { slots: [['a', count, 0] as [string, number, 0]], total: count, keys: 1, overflow: false },
});

// Every 100 ms one more of "a"; segments of a second. The count at ms t is floor(t / 100).
function segment(second: number, known = 5000): Segment {
  const from = second * 1000;
  const events: Segment['events'] = [];
  for (let ms = from + 100; ms <= Math.min(from + 1000, known); ms += 100)
    events.push([
      ms,
      'delta',
      {
        t: ms,
        panels: {
          names: { start: 0, end: ms, wall: { add: [0, 1], total: ms / 100, keys: 1, overflow: false } },
        },
        honesty: honesty(ms),
      },
    ]);
  const until = from + 1000 < known ? from + 1000 : null;
  const snapshot = { t: from, title: 'x', panels: [wall(from / 100)], honesty: honesty(from), notes: [] };
  return { first: 0, last: known, from, until, snapshot, events };
}

const counted = (model: Model) => model.panel('names').wall!.slots[0]![1];

describe('Past', () => {
  it('shows at every moment what was shown then, wherever it comes from', () => {
    const model = new Model();
    const past = new Past(model);
    let seed = 1;
    for (let i = 0; i < 500; ++i) {
      seed = (seed * 48271) % 2147483647;
      const t = seed % 5001;
      if (!past.covers(t)) past.hold(segment(Math.min(Math.floor(t / 1000), 4)));
      expect(past.covers(t)).toBe(true);
      past.show(t);
      expect(counted(model)).toBe(Math.floor(t / 100));
      expect(model.honesty!.captured).toBe(Math.floor(t / 100) * 100);
      expect(model.panel('names').end).toBe(t % 1000 < 100 ? model.panel('names').end : Math.floor(t / 100) * 100);
    }
  });

  it('goes forward by the events alone, over the border of a segment, too', () => {
    const model = new Model();
    const past = new Past(model);
    past.hold(segment(0));
    expect(past.show(850)).toEqual([Model.whole()]);
    const changes = past.show(950);
    expect(changes.map((change) => change.whole)).toEqual([false]);
    expect([...changes[0]!.slots.get('names')!]).toEqual([0]);
    expect(past.covers(1000)).toBe(false);
    past.hold(segment(1));
    expect(past.show(1250).map((change) => change.whole)).toEqual([false, false, false]);
    expect(counted(model)).toBe(12);
    expect(past.show(1150)).toEqual([Model.whole()]);
    expect(counted(model)).toBe(11);
  });

  it('goes on with the newest segment when that has grown', () => {
    const model = new Model();
    const past = new Past(model);
    past.hold(segment(4, 4500));
    past.show(4500);
    expect(past.covers(4600)).toBe(false);
    past.hold(segment(4, 4800));
    expect(past.show(4800).length).toBe(3);
    expect(counted(model)).toBe(48);
  });

  it('leaves a segment as it was, so that it can be shown again', () => {
    const whole = segment(1);
    whole.events.splice(3, 0, [1350, 'panel', { ...wall(13), id: 'others' }]);
    whole.events.push([
      1950,
      'delta',
      {
        t: 1950,
        panels: { others: { start: 0, end: 1, wall: { add: [0, 5], total: 1, keys: 1, overflow: false } } },
      },
    ]);
    const before = structuredClone(whole);
    const past = new Past(new Model());
    past.hold(whole);
    past.show(1990);
    expect(whole).toEqual(before);
  });

  it('covers what lies before all that is there with the first of it', () => {
    const past = new Past(new Model());
    past.hold({ ...segment(1), first: 1000 });
    expect(past.covers(10)).toBe(true);
    past.hold(segment(1));
    expect(past.covers(10)).toBe(false);
  });

  it('tells of every event, so that rates can be taken', () => {
    let seen = 0;
    const past = new Past(new Model(), () => ++seen);
    past.hold(segment(0));
    past.show(500);
    expect(seen).toBe(1 + 5);
  });
});

it('stays within what is there', () => {
  const span = { first: 1000, last: 2000 };
  expect([0, 1500.7, 9000].map((t) => within(t, span))).toEqual([1000, 1500, 2000]);
});
