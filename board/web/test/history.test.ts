import { expect, it } from 'vitest';

import { History } from '../src/history';
import { chartData, perSecond } from '../src/series-data';

const sum = (bins: number[]) => bins.reduce((a, b) => a + b, 0);

it('keeps what a cell grew by second and forgets after a minute', () => {
  const history = new History();
  history.add(3, 5, 1000);
  history.add(3, 2, 1900);
  history.add(3, 1, 3000);
  expect(history.of(3, 3500).slice(-3)).toEqual([7, 0, 1]);
  expect(sum(history.of(3, 60_900))).toBe(8);
  expect(sum(history.of(3, 61_000))).toBe(1);
  expect(sum(history.of(3, 200_000))).toBe(0);
  expect(sum(history.of(4, 200_000))).toBe(0);
});

it('a cell with a new owner starts with nothing', () => {
  const history = new History();
  history.add(3, 5, 1000);
  history.forget(3);
  expect(sum(history.of(3, 1000))).toBe(0);
});

it('shows counts per second and breaks a line where windows are missing', () => {
  const lines = [{ name: 'query', column: 'count' }, { name: 'p99', column: 'value' }];
  const data = chartData({
    lines,
    points: [
      [0, 10_000, 50, 7],
      [10_000, 20_000, 60],
      [40_000, 50_000, 70, null],
    ],
  });
  expect(data).toEqual([
    [0, 10, 20, 40],
    [5, 6, null, 7],
    [7, null, null, null],
  ]);
  expect(perSecond(null, 'count', 1000)).toBe(null);
});
