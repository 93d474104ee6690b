// What was shown before, to be looked at again. No DOM, no clock, no network: it is given segments
// of the server's past (GET /api/rewind) and moments, and brings the model to what was shown then
// by the very events that made it.
import type { SnapshotEvent } from './contract';
import { type Change, Model } from './model';

export interface Span {
  first: number; // ms, the server's clock
  last: number;
}
export interface Segment extends Span {
  from: number;
  until: number | null; // null: the newest, which goes on to `last`
  snapshot: SnapshotEvent;
  events: [ms: number, name: string, data: unknown][];
}

export class Past {
  private segment: Segment | null = null;
  private ahead: Segment['events'] = []; // what the model does not have yet
  private shown = -Infinity;

  // `onEvent` is called after every event, also of those that are only passed through.
  constructor(
    private readonly model: Model,
    private readonly onEvent: () => void = () => {},
  ) {}

  forget(): void {
    this.segment = null;
    this.shown = -Infinity;
  }

  hold(segment: Segment): void {
    const before = this.segment;
    this.segment = segment;
    if (before?.from === segment.from)
      // the newest one, which has grown
      this.ahead.push(...segment.events.slice(before.events.length));
    else if (before?.until === segment.from)
      // the next one: its snapshot says nothing new
      this.ahead.push(...segment.events);
    else this.shown = -Infinity;
  }

  // Whether the segment at hand has all that was shown until `t`.
  covers(t: number): boolean {
    const segment = this.segment;
    if (!segment || (t < segment.from && segment.from > segment.first)) return false;
    return segment.until === null ? t <= segment.last : t < segment.until;
  }

  // Brings the model to `t`, which must be covered. Forward only what is new changes, so that cells
  // light up as they did; backward everything does.
  show(t: number): Change[] {
    const back = t < this.shown || this.shown === -Infinity;
    if (back) {
      this.model.snapshot(structuredClone(this.segment!.snapshot));
      this.ahead = [...this.segment!.events];
      this.onEvent();
    }
    const due = this.ahead.findIndex(([ms]) => ms > t);
    const changes = this.ahead.splice(0, due < 0 ? this.ahead.length : due).map(([, name, data]) => {
      // The model keeps a panel and goes on writing in it.
      const change = this.model.apply(name, name === 'panel' ? structuredClone(data) : data);
      this.onEvent();
      return change;
    });
    this.shown = t;
    return back ? [Model.whole()] : changes.filter((change) => change !== null);
  }
}

// Where somebody who looks at the past goes from `t`: within what is there.
export function within(t: number, span: Span): number {
  return Math.min(Math.max(Math.floor(t), span.first), span.last);
}

// Who plays the past is so close to what is live that he may as well see that.
export const nearMs = 1500;
