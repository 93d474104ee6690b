import { describe, expect, it } from 'vitest';

import {
  brushed,
  countText,
  filled,
  initial,
  inOrder,
  lossesOf,
  periodMs,
  plotted,
  queryOf,
  rangeText,
  readRange,
  shortest,
  titleOf,
  type TrafficChart,
  type TrafficLine,
  unitText,
  writeRange,
  zoomed,
} from '../../src/pages/traffic-data';

const at = Date.parse('2026-11-21T19:00:00Z');

function line(name: string, tags: Record<string, string>, values: (number | null)[]): TrafficLine {
  return { name, tags, values, total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0) };
}

function chart(measurement: string, lines: TrafficLine[], more: Partial<TrafficChart> = {}): TrafficChart {
  return {
    measurement,
    field: 'count',
    how: 'sum',
    step: 10_000,
    overlap: false,
    seconds: lines[0]!.values.map(() => 10),
    lines,
    lines_all: lines.length,
    ...more,
  };
}

const tagged = (measurement: string, tag: string, value: string) =>
  chart(measurement, [line(value, { [tag]: value }, [1])]);

describe('the range in the address', () => {
  it('is written as it is read', () => {
    for (const text of [
      '#traffic?last=10m',
      '#traffic?last=6h',
      '#traffic?last=90d',
      '#traffic?last=45s',
      '#traffic?from=2026-11-21T19:00:00Z&to=2026-11-21T19:10:00Z',
    ])
      expect(writeRange(readRange(text))).toBe(text);
  });
  it('may be in milliseconds', () => {
    expect(readRange('#traffic?from=1000&to=2000')).toEqual({ from: 1000, to: 2000 });
    expect(queryOf({ from: 1000, to: 2000 })).toBe('from=1000&to=2000');
    expect(queryOf({ last: 60_000 })).toBe('last=60000');
  });
  it('is the newest ten minutes where it makes no sense', () => {
    for (const text of [
      '#traffic',
      '#traffic?',
      '#traffic?last=0m',
      '#traffic?last=1y',
      '#traffic?from=5',
      '#traffic?from=2000&to=1000',
      '#traffic?from=<b>&to=x',
      '#traffic?last=9999999d',
    ])
      expect(readRange(text)).toEqual(initial);
  });
});

describe('zooming', () => {
  const shown = { from: at, to: at + 600_000 };
  it('halves and doubles around the middle', () => {
    expect(zoomed(shown, 0.5)).toEqual({ from: at + 150_000, to: at + 450_000 });
    expect(zoomed(shown, 2)).toEqual({ from: at - 300_000, to: at + 900_000 });
  });
  it('moves by half of what is shown', () => {
    expect(zoomed(shown, 1, 0.5)).toEqual({ from: at + 300_000, to: at + 900_000 });
    expect(zoomed(shown, 1, -0.5)).toEqual({ from: at - 300_000, to: at + 300_000 });
  });
  it('ends at ten seconds, and at 1970', () => {
    const short = zoomed({ from: at, to: at + 11_000 }, 0.5) as {
      from: number;
      to: number;
    };
    expect(short.to - short.from).toBe(shortest);
    expect(zoomed({ from: 0, to: 60_000 }, 1, -0.5)).toEqual({ from: 0, to: 60_000 });
  });
  it('takes what was brushed in whole seconds', () => {
    expect(brushed(at + 1200.7, at + 60_300)).toEqual({ from: at + 1000, to: at + 61_000 });
    expect(brushed(at, at + 100)).toEqual({ from: at, to: at + shortest });
  });
});

describe('the newest', () => {
  it('is asked for as often as there is something new', () => {
    expect(periodMs({ last: 600_000 }, 1000)).toBe(2000);
    expect(periodMs({ last: 86_400_000 }, 20_000)).toBe(20_000);
    expect(periodMs({ last: 7_776_000_000 }, 10_800_000)).toBe(60_000);
    expect(periodMs({ from: 0, to: 1 }, 1000)).toBe(60_000);
  });
});

describe('charts', () => {
  it('are named and ordered by what they show', () => {
    const times = chart('latency_us', [line('p50', {}, [1])], { field: 'quantiles', how: 'mean' });
    const rest = chart('errors', [line('', {}, [1])]);
    const all = inOrder([
      tagged('classes', 'outcome', 'parsed'),
      rest,
      times,
      tagged('b', 'qtype', 'A'),
      tagged('a', 'rcode', 'NOERROR'),
      tagged('rates', 'qr', 'query'),
    ]);
    expect(all.map(titleOf)).toEqual([
      'Queries and responses',
      'Response codes',
      'Query types',
      'Response times',
      'Where packets went',
      'errors',
    ]);
    expect(unitText(times)).toBe('µs, mean of the windows');
    expect(unitText(rest)).toBe('per second');
  });
  it('leave out the count beside percentiles', () => {
    const times = chart('t', [line('p50', {}, [1])], { field: 'quantiles', how: 'mean' });
    expect(inOrder([chart('t', [line('', {}, [3])]), times])).toEqual([times]);
  });
  it('show counts per second of the time that was measured', () => {
    const rates = chart('rates', [line('query', { qr: 'query' }, [50, null, 12])], { seconds: [10, 10, 3] });
    expect(plotted(rates, at)).toEqual([
      [at / 1000, at / 1000 + 10, at / 1000 + 20],
      [5, null, 4],
    ]);
    expect(filled(rates)).toEqual([2, 0]);
  });
  it('show means as they are', () => {
    const times = chart('t', [line('p50', {}, [2.5])], { field: 'quantiles', how: 'mean' });
    expect(plotted(times, 0)[1]).toEqual([2.5]);
  });
});

describe('honesty', () => {
  it('counts what is no message', () => {
    const classes = chart('classes', [
      line('parsed', { outcome: 'parsed' }, [100]),
      line('not_dns', { outcome: 'not_dns' }, [3]),
      line('filtered', { outcome: 'filtered' }, [0]),
    ]);
    const drops = chart('drops', [line('kernel', { reason: 'kernel' }, [5, 6])]);
    expect(lossesOf([classes, drops])).toEqual([
      { name: 'not dns', count: 3 },
      { name: 'lost: kernel', count: 11 },
    ]);
    expect(lossesOf([tagged('rates', 'qr', 'query')])).toBeNull();
  });
  it('says in between what a count lies', () => {
    expect(countText({ name: 'a', low: 1234, high: 1234 }).text).toBe('1\u202f234');
    expect(countText({ name: 'a', low: 10, high: 12 })).toEqual({ text: '≥\u202f10', title: 'between 10 and 12' });
  });
  it('says the day once if both are the same', () => {
    expect(rangeText({ from: at, to: at + 60_000 })).toBe('2026-11-21 19:00:00 – 19:01:00 UTC');
    expect(rangeText({ from: at, to: at + 86_400_000 })).toBe('2026-11-21 19:00:00 – 2026-11-22 19:00:00 UTC');
  });
});
