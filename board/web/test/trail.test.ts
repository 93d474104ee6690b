import { expect, it } from 'vitest';

import { minuteOf, trailUntil } from '../src/trail';

const trail = {
  key: 'a',
  end: 100_000,
  step_ms: 20_000,
  bins: [1, 2, 3, 4],
};

it('shows a trail as it was at an earlier moment', () => {
  expect(trailUntil(trail, 100_000)).toEqual([1, 2, 3, 4]);
  expect(trailUntil(trail, 60_000)).toEqual([0, 0, 1, 2]);
  expect(trailUntil(trail, 0)).toEqual([0, 0, 0, 0]);
  expect(trailUntil(trail, 200_000)).toEqual([1, 2, 3, 4]);
});

it('adds up the last minute', () => {
  expect(minuteOf(trail, trail.bins)).toBe(9);
});
