// GET /tap (docs/tap.md): how it is asked for, and its lines. Pure.
export interface TapWish {
  edge: string;
  where: string;
  rate: number;
  topology?: string;
}

export function tapAddress({ edge, where, rate, topology }: TapWish): string {
  const asked = new URLSearchParams({ edge, rate: String(rate) });
  if (where) asked.set('where', where);
  if (topology) asked.set('topology', topology);
  return `/tap?${asked}`;
}

// What came in, cut into whole lines; the rest waits for more.
export class Lines {
  private rest = '';
  push(text: string): string[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    return lines.filter((line) => line !== '');
  }
}
