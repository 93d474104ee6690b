// What the page knows: the stream's events reduced to one state. No DOM, no clock, no signals:
// snapshot + deltas = snapshot is tested here.
import type {
  DeltaEvent,
  Honesty,
  Panel,
  PanelDelta,
  SeriesState,
  SlotEvent,
  SnapshotEvent,
  WallState,
} from './contract';

const seriesPointsMax = 600;

// What an event changed, so that a view touches only that.
export interface Change {
  whole: boolean; // everything may be new
  panels: boolean; // a panel came
  touched: Set<string>; // ids of panels with news
  slots: Map<string, Set<number>>; // per wall: slots whose count grew or whose owner changed
  honesty: boolean;
}

function nothing(): Change {
  return { whole: false, panels: false, touched: new Set(), slots: new Map(), honesty: false };
}

// An event does not fit the state: something was missed, and only a snapshot helps.
export class OutOfStep extends Error {}

export class Model {
  title = '';
  t = 0;
  panels: Panel[] = []; // in the order of their ids, so that two runs look the same
  honesty: Honesty | null = null;
  notes: string[] = [];

  static whole(): Change {
    return { ...nothing(), whole: true };
  }

  // Any event of the stream; null: one that changes nothing here.
  apply(name: string, data: unknown): Change | null {
    if (name === 'snapshot') return this.snapshot(data as SnapshotEvent);
    if (name === 'panel') return this.announce(data as Panel);
    if (name === 'slot') return this.slot(data as SlotEvent);
    if (name === 'delta') return this.delta(data as DeltaEvent);
    return null;
  }

  panel(id: string): Panel {
    const found = this.panels.find((panel) => panel.id === id);
    if (!found) throw new OutOfStep(`panel ${id} was never announced`);
    return found;
  }

  snapshot(data: SnapshotEvent): Change {
    this.title = data.title;
    this.t = data.t;
    this.panels = [...data.panels].sort(byId);
    this.honesty = data.honesty;
    this.notes = data.notes;
    return Model.whole();
  }

  announce(panel: Panel): Change {
    this.panels = [...this.panels.filter((other) => other.id !== panel.id), panel].sort(byId);
    return { ...nothing(), panels: true, touched: new Set([panel.id]) };
  }

  slot(data: SlotEvent): Change {
    const change = nothing();
    for (const [id, moves] of Object.entries(data)) {
      const wall = this.wallOf(id);
      const slots = slotsOf(change, id);
      for (let i = 0; i + 3 < moves.length; i += 4) {
        const slot = moves[i] as number;
        wall.slots[slot] = [moves[i + 1] as string, moves[i + 2] as number, moves[i + 3] as number];
        slots.add(slot);
      }
    }
    return change;
  }

  delta(data: DeltaEvent): Change {
    const change = nothing();
    this.t = data.t;
    for (const [id, news] of Object.entries(data.panels)) this.applyPanel(id, news, change);
    if (data.honesty) {
      this.honesty = data.honesty;
      change.honesty = true;
    }
    if (data.notes) {
      this.notes = data.notes;
      change.panels = true;
    }
    return change;
  }

  private applyPanel(id: string, news: PanelDelta, change: Change): void {
    const panel = this.panel(id);
    panel.start = news.start;
    panel.end = news.end;
    change.touched.add(id);
    if (news.wall) {
      const wall = this.wallOf(id);
      const slots = slotsOf(change, id);
      const { add, ...sums } = news.wall;
      for (let i = 0; i + 1 < add.length; i += 2) {
        const cell = wall.slots[add[i]!];
        if (!cell) throw new OutOfStep(`slot ${add[i]} of ${id} has no owner`);
        cell[1] += add[i + 1]!;
        slots.add(add[i]!);
      }
      Object.assign(wall, sums);
    }
    if (news.series) mergeSeries((panel.series ??= { lines: [], points: [] }), news.series);
    if (news.table) panel.table = news.table;
    if (news.totals) panel.totals = news.totals;
  }

  private wallOf(id: string): WallState {
    const wall = this.panel(id).wall;
    if (!wall) throw new OutOfStep(`panel ${id} is no wall`);
    return wall;
  }
}

function byId(a: Panel, b: Panel): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function slotsOf(change: Change, id: string): Set<number> {
  change.touched.add(id);
  let slots = change.slots.get(id);
  if (!slots) change.slots.set(id, (slots = new Set()));
  return slots;
}

// Points are ordered by start; a point of a known window replaces it.
function mergeSeries(series: SeriesState, news: SeriesState): void {
  series.lines = news.lines;
  for (const point of news.points) {
    let at = series.points.length;
    while (at > 0 && series.points[at - 1]![0] >= point[0]) --at;
    const known = series.points[at]?.[0] === point[0];
    series.points.splice(at, known ? 1 : 0, point);
  }
  const surplus = series.points.length - seriesPointsMax;
  if (surplus > 0) series.points.splice(0, surplus);
}
