import { describe, expect, it } from 'vitest';

import {
  choiceOf,
  hashOf,
  headroom,
  heatOf,
  limitOf,
  ofLimit,
  passesText,
  questionOf,
  ranks,
  slotName,
  slotOf,
  usual,
  windowsInFocus,
  type Capacity,
} from '../../src/pages/capacity-data';

const week = (value: (slot: number) => number) =>
  Array.from({ length: 168 }, (_, slot): [number, number, number] => [
    value(slot),
    value(slot) * 0.9,
    value(slot) * 1.1,
  ]);

function known(): Capacity {
  const base = {
    p99: 70,
    p99_low: 65,
    p99_high: 75,
    growth_a_year: 0.2,
    weeks: 4,
    shortages: [],
    shortages_all: 0,
  };
  return {
    now: '2026-11-02T00:00:00Z',
    share: 0.6,
    focus: '',
    command: '',
    wanting: '',
    servers: [
      { ...base, server: 'ns1', limit: 100 },
      { ...base, server: 'ns2', limit: 150 },
      { ...base, server: '', limit: 250, week: week((slot) => slot) },
    ],
    windows: [
      {
        server: '',
        windows: [
          {
            begins: 'Sun 23:00',
            seconds: 5400,
            starts: ['2026-11-08T23:00:00Z'],
            expected: 1,
            worst: 2,
            risk: 0,
            weeks_known: 4,
            weeks_quiet: 4,
            weeks_exceeded: 0,
          },
        ],
      },
    ],
    away: [],
    unknown: [],
    known: [],
    seen: {
      weeks: 4,
      load: Array.from({ length: 168 }, (_, slot) => (slot < 3 ? [10 * slot, 20, 2] : null)),
    },
    past: [],
  };
}

describe('the choice in the address', () => {
  it('is the usual one unless something is said', () => {
    expect(choiceOf('#capacity')).toEqual(usual);
    expect(hashOf(usual)).toBe('#capacity');
  });
  it('comes back as it was, whatever the name of the server', () => {
    const choice = { ...usual, server: '<b>&?#=\u202e ns', drain: 'ns2', measure: 'share' as const, weeks: 8 };
    expect(choiceOf(hashOf(choice))).toEqual(choice);
  });
  it('forgets what makes no sense', () => {
    expect(choiceOf('#capacity?measure=love&weeks=0&seen=x&hours=')).toEqual(usual);
  });
});

describe('the question to the server', () => {
  it('has the limit of the server that is shown, or of each', () => {
    expect(questionOf({ ...usual, limit: '50' })).toBe('window=2h&weeks=4&seen=4&limit=50');
    expect(questionOf({ ...usual, server: 'a=b', limit: '50' })).toContain('server=a%3Db&limit=a%3Db%3D50');
  });
});

describe('the heat map', () => {
  it('has the week to come, in even steps', () => {
    const heat = heatOf(known(), usual);
    expect(heat.cells[167]).toMatchObject({ level: 6, text: '167' });
    expect(heat.cells[0]).toMatchObject({ level: 0, text: '0' });
    expect(heat.cells[27]!.sentence).toContain('Tue 03:00: 27 queries a second expected');
    expect(heat.bounds).toHaveLength(6);
  });
  it('has shares of the limit on a scale that ends where the share is', () => {
    const heat = heatOf(known(), { ...usual, measure: 'share' });
    expect(heat.bounds[5]).toBeCloseTo(60);
    expect(heat.cells[150]).toMatchObject({ level: 6, text: '60' });
    expect(heat.cells[149]!.level).toBe(5);
  });
  it('measures all together against what those that are left carry', () => {
    expect(limitOf(known(), { ...usual, drain: 'ns2' })).toBe(100);
  });
  it('shows what has been seen, and a hole as a hole', () => {
    const heat = heatOf(known(), { ...usual, hours: 'seen' });
    expect(heat.cells[2]!.sentence).toContain('20 queries a second seen, the busiest minute 20, in 2 weeks');
    expect(heat.cells[3]).toBeNull();
    expect(heat.missing).toBe('');
  });
  it('says why there is nothing', () => {
    const data = known();
    data.servers = [];
    expect(heatOf(data, usual).missing).toContain('no forecast yet');
    expect(heatOf(data, { ...usual, measure: 'share' }).missing).toContain('limit is not known');
    expect(heatOf(data, { ...usual, measure: 'response' }).missing).toContain('keeps no response times');
  });
  it('shows what a server carries while another is drained', () => {
    const data = known();
    data.focus = 'ns1';
    data.servers[0]!.week = week(() => 5);
    data.away = [{ ...data.servers[0]!, away: 'ns2', week: week(() => 9) }];
    expect(heatOf(data, { ...usual, server: 'ns1' }).cells[0]!.value).toBe(5);
    expect(heatOf(data, { ...usual, server: 'ns1', drain: 'ns2' }).cells[0]!.value).toBe(9);
  });
});

describe('windows', () => {
  it('are marked in each hour that they touch, over the end of the week', () => {
    const all = ranks(windowsInFocus(known()));
    expect(all[167]).toBe(1);
    expect(all[0]).toBe(1);
    expect(all.filter(Boolean)).toHaveLength(2);
  });
  it('are found by the names of hours', () => {
    for (const slot of [0, 27, 167]) expect(slotOf(slotName(slot))).toBe(slot);
  });
});

describe('words', () => {
  it('say when the share is passed', () => {
    const now = '2026-11-02T00:00:00Z';
    expect(passesText(undefined, now)).toBe('–');
    expect(passesText({ expected: null, earliest: null, latest: null }, now)).toBe('not in 5 years');
    expect(passesText({ expected: now, earliest: now, latest: '2027-01-01T00:00:00Z' }, now)).toBe(
      'now (now to 2027-01-01)',
    );
  });
  it('say so when there is more than the limit', () => {
    expect(ofLimit(150, 100)).toBe('150.0\u202f%');
  });
  it('say how much room there is', () => {
    const [ns1, ns2] = known().servers;
    expect(headroom(ns1!, 0.6)).toBe('none');
    expect(headroom(ns2!, 0.6)).toBe('20/s, 13.3\u202f% of the limit');
  });
});
