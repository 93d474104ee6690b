// The messages of one cell, as a tap shows them (GET /tap, docs/tap.md): the last of them, and who
// asks what with which answer. No DOM, no network; bounded, however long somebody looks.
import { Lines } from './tap-wire';

export const lastMax = 20;
export const valuesMax = 1000; // of one field; what is beyond is counted together

export interface Message {
  at: string;
  row: Record<string, unknown>;
}
interface Line {
  tap?: { fields: { name: string }[] };
  at?: string;
  row?: Record<string, unknown>;
  counts?: { matched: number; shown: number };
  end?: boolean;
}

// Fields that say something about all messages of a cell, in the order in which they are shown.
const told = ['client', 'qname', 'qtype', 'rcode', 'status', 'country', 'server', 'transport'];

export class Messages {
  fields: string[] = [];
  last: Message[] = []; // newest first
  shown = 0;
  matched = 0;
  ended = false;
  private readonly lines = new Lines();
  private tallies = new Map<string, Map<string, number>>();

  // `field` is the same in all of them: it is what the cell is called after.
  constructor(private readonly field: string) {}

  // A piece of the answer; lines may be cut anywhere.
  take(text: string): void {
    for (const line of this.lines.push(text)) this.takeLine(JSON.parse(line) as Line);
  }

  // The most frequent values of every field that is told, and what the others come to.
  tops(most: number): { field: string; top: [string, number][]; others: number }[] {
    return [...this.tallies].map(([field, tally]) => {
      const all = [...tally].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      const top = all.slice(0, most);
      return { field, top, others: this.shown - top.reduce((sum, [, n]) => sum + n, 0) };
    });
  }

  private takeLine({ tap, at, row, counts, end }: Line): void {
    if (tap) this.begin(tap.fields.map((field) => field.name));
    if (at && row) {
      this.last = [{ at, row }, ...this.last].slice(0, lastMax);
      ++this.shown;
      for (const [field, tally] of this.tallies) this.count(tally, String(row[field]));
    }
    if (counts) this.matched = counts.matched;
    if (end) this.ended = true;
  }

  private begin(names: string[]): void {
    this.fields = names.filter((name) => name !== 'time' && name !== 'txn' && name !== this.field);
    for (const name of told) if (this.fields.includes(name)) this.tallies.set(name, new Map());
  }

  private count(tally: Map<string, number>, value: string): void {
    const n = tally.get(value);
    if (n === undefined && tally.size >= valuesMax) return;
    tally.set(value, (n ?? 0) + 1);
  }
}

// The condition of a tap that only lets messages of a cell through; null: its name cannot be said
// in one.
export function conditionOf(field: string, key: string): string | null {
  const quote = ['"', "'"].find((sign) => !key.includes(sign));
  // Bytes that are no UTF-8 were replaced: the name is not what it was.
  if (!quote || key.includes('\ufffd')) return null;
  return `${field} == ${quote}${key}${quote}`;
}
