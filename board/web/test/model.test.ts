import { describe, expect, it } from 'vitest';

import type { DeltaEvent, Honesty, Panel, SnapshotEvent } from '../src/contract';
import { Model, OutOfStep } from '../src/model';

const honesty = (captured: number): Honesty => ({
  captured,
  parsed: captured,
  malformed: 0,
  not_dns: 0,
  filtered: 0,
  in_flight: 0,
  dropped_kernel: 0,
  dropped_interface: 0,
  dropped_queue: 0,
  late: 0,
  behind_s: 0,
  state: 'running',
  failure: '',
  reasons: [],
  components: [],
});

const wallPanel = (id = 'qtypes'): Panel => ({
  id,
  view: 'wall',
  title: 'Types',
  start: 0,
  end: 1000,
  columns: ['count'],
  wall: { slots: [['A', 5, 0], ['AAAA', 3, 0], null], total: 8, keys: 2, overflow: false },
});

const seriesPanel = (points: Panel['series'] = undefined): Panel => ({
  id: 'rates',
  view: 'series',
  title: 'Rates',
  start: 0,
  end: 1000,
  columns: ['count'],
  series: points ?? { lines: [{ name: 'query', column: 'count' }], points: [[0, 1000, 5]] },
});

const snapshot = (...panels: Panel[]): SnapshotEvent =>
  structuredClone({ t: 1, title: 'test', panels, honesty: honesty(8), notes: [] });

const wallDelta = (add: number[], total: number, keys = 2): DeltaEvent => ({
  t: 2,
  panels: { qtypes: { start: 1000, end: 2000, wall: { add, total, keys, overflow: false } } },
});

function modelOf(...panels: Panel[]): Model {
  const model = new Model();
  model.snapshot(snapshot(...panels));
  return model;
}

describe('a wall', () => {
  it('adds increments to the cells that they name', () => {
    const model = modelOf(wallPanel());
    const change = model.delta(wallDelta([0, 2, 1, 10], 20));
    expect(model.panel('qtypes').wall!.slots).toEqual([['A', 7, 0], ['AAAA', 13, 0], null]);
    expect(model.panel('qtypes').wall!.total).toBe(20);
    expect(change.slots.get('qtypes')).toEqual(new Set([0, 1]));
  });

  it('gives a cell a new owner with its whole count', () => {
    const model = modelOf(wallPanel());
    model.slot({ qtypes: [2, 'HTTPS', 40, 1, 0, 'MX', 9, 0] });
    expect(model.panel('qtypes').wall!.slots).toEqual([['MX', 9, 0], ['AAAA', 3, 0], ['HTTPS', 40, 1]]);
  });

  it('is out of step when a delta names a cell that has no owner', () => {
    expect(() => modelOf(wallPanel()).delta(wallDelta([2, 1], 9))).toThrow(OutOfStep);
    expect(() => modelOf().delta(wallDelta([], 9))).toThrow(OutOfStep);
    expect(() => modelOf(seriesPanel()).slot({ rates: [0, 'A', 1, 0] })).toThrow(OutOfStep);
  });
});

describe('a series', () => {
  const delta = (...points: [number, number, ...(number | null)[]][]): DeltaEvent => ({
    t: 2,
    panels: {
      rates: { start: 0, end: 0, series: { lines: [{ name: 'query', column: 'count' }], points } },
    },
  });

  it('puts points in the order of time and replaces a known window', () => {
    const model = modelOf(seriesPanel());
    model.delta(delta([2000, 3000, 7], [1000, 2000, 6]));
    model.delta(delta([0, 1000, 55]));
    expect(model.panel('rates').series!.points).toEqual([
      [0, 1000, 55],
      [1000, 2000, 6],
      [2000, 3000, 7],
    ]);
  });

  it('keeps 600 windows', () => {
    const model = modelOf(seriesPanel());
    for (let i = 1; i <= 700; ++i) model.delta(delta([i * 1000, i * 1000 + 1000, i]));
    const points = model.panel('rates').series!.points;
    expect(points.length).toBe(600);
    expect(points[0]![2]).toBe(101);
    expect(points.at(-1)![2]).toBe(700);
  });
});

describe('the state', () => {
  it('snapshot and deltas give the snapshot', () => {
    const table: Panel = {
      id: 'top',
      view: 'table',
      title: 'Top',
      start: 0,
      end: 1000,
      columns: ['count'],
      table: { rows: [], rows_all: 0 },
    };
    const model = modelOf(wallPanel());
    model.announce(structuredClone(seriesPanel()));
    model.announce(structuredClone(table));
    model.slot({ qtypes: [2, 'MX', 1, 0] });
    model.delta(wallDelta([2, 4, 0, 1], 14, 3));
    model.delta({
      t: 9,
      panels: {
        rates: {
          start: 1000,
          end: 2000,
          series: {
            lines: [{ name: 'query', column: 'count' }, { name: 'response', column: 'count' }],
            points: [[1000, 2000, 6, 4]],
          },
        },
        top: { start: 1000, end: 2000, table: { rows: [['a', 3]], rows_all: 9 } },
      },
      honesty: honesty(20),
      notes: ['x'],
    });
    const wanted = new Model();
    wanted.snapshot({
      t: 9,
      title: 'test',
      panels: [
        {
          ...wallPanel(),
          start: 1000,
          end: 2000,
          wall: { slots: [['A', 6, 0], ['AAAA', 3, 0], ['MX', 5, 0]], total: 14, keys: 3, overflow: false },
        },
        {
          ...seriesPanel({
            lines: [{ name: 'query', column: 'count' }, { name: 'response', column: 'count' }],
            points: [
              [0, 1000, 5],
              [1000, 2000, 6, 4],
            ],
          }),
          start: 1000,
          end: 2000,
        },
        { ...table, start: 1000, end: 2000, table: { rows: [['a', 3]], rows_all: 9 } },
      ],
      honesty: honesty(20),
      notes: ['x'],
    });
    expect(model).toEqual(wanted);
  });

  it('has its panels in the order of their ids, whichever came first', () => {
    const model = modelOf(wallPanel('rcodes'));
    model.announce(wallPanel('domains'));
    model.announce(wallPanel('domains'));
    expect(model.panels.map((panel) => panel.id)).toEqual(['domains', 'rcodes']);
  });

  it('starts anew with a snapshot, as after a gap or a restart of the server', () => {
    const model = modelOf(wallPanel(), seriesPanel());
    model.delta(wallDelta([0, 100], 108));
    expect(model.snapshot(snapshot(wallPanel())).whole).toBe(true);
    expect(model.panels.length).toBe(1);
    expect(model.panel('qtypes').wall!.slots[0]).toEqual(['A', 5, 0]);
  });
});
