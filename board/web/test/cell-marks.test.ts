import { expect, it, vi } from 'vitest';

// The page's state asks the browser for what it prefers; none of it is needed here.
vi.mock('../src/store', () => ({ past: { value: null } }));
vi.mock('../src/data', () => ({ useAsked: () => null }));

import { alarmsOf } from '../src/alarms';
import { alarmedSlots, cellName, countText, newSince } from '../src/cell-marks';
import type { Panel } from '../src/contract';
import type { SecurityEvent } from '../src/pages/security-data';

it('adds the names of countries to their codes, on walls of countries only', () => {
  expect(cellName('countries', 'NL')).toBe('NL Netherlands');
  expect(cellName('resolver-countries', 'CL')).toBe('CL Chile');
  expect(cellName('countries', 'QX')).toBe('QX');
  expect(cellName('countries', 'unknown')).toBe('unknown');
  expect(cellName('countries', '\u202eNL')).toBe('\\u{202e}NL');
  expect(cellName('qtypes', 'NS')).toBe('NS');
});

it('says how exact a count is', () => {
  expect(countText(['a', 1200, 0])).toBe('1\u202f200');
  expect(countText(['a', 1200, 1])).toBe('≥\u202f1\u202f200');
  expect(countText(['a', 1200, 1_800_000_000_000])).toBe('1\u202f200');
});

it('calls new what came in the minute before the moment that is shown', () => {
  const t = 1_800_000_000_000;
  expect(newSince(['a', 1, t], t)).toBe(t);
  expect(newSince(['a', 1, t], t + 59_999)).toBe(t);
  expect(newSince(['a', 1, t], t + 60_000)).toBeNull();
  expect(newSince(['a', 1, 0], t)).toBeNull();
  expect(newSince(['a', 1, 1], t)).toBeNull();
});

it('finds open events by each part of their keys, but for muted ones', () => {
  const event = (id: string, key: string, ended?: boolean) =>
    ({ id, key, mute: ended === undefined ? null : { ended } }) as SecurityEvent;
  const alarms = alarmsOf([
    event('1', '192.0.2.1 a.example'),
    event('2', 'a.example'),
    event('3', 'b.example', false),
    event('4', 'c.example', true),
    event('5', 'd d'),
  ]);
  const ids = [...alarms].map(([key, events]) => [key, events.map(({ id }) => id).join()]);
  expect(ids).toEqual([
    ['192.0.2.1', '1'],
    ['a.example', '1,2'],
    ['c.example', '4'],
    ['d', '5'],
  ]);
});

it('finds the cells that open events name', () => {
  const slots = [['a.example', 5, 0], null, ['b.example', 3, 0], ['d', 1, 0]];
  const panel = { wall: { slots } } as unknown as Panel;
  const alarms = alarmsOf([{ id: '1', key: 'd a.example', mute: null } as SecurityEvent]);
  expect(alarmedSlots(panel, alarms)).toEqual([0, 3]);
  expect(alarmedSlots(panel, new Map())).toEqual([]);
  expect(alarmedSlots(null, alarms)).toEqual([]);
});
