// How much each cell of a wall grew in each of the last seconds, for the cell that someone opens.

export const historySeconds = 60;

export class History {
  private readonly bins = new Map<number, Float64Array>();
  private second = 0;

  reset(): void {
    this.bins.clear();
  }
  forget(slot: number): void {
    this.bins.delete(slot);
  }

  add(slot: number, increment: number, nowMs: number): void {
    this.advance(nowMs);
    let bins = this.bins.get(slot);
    if (!bins) this.bins.set(slot, (bins = new Float64Array(historySeconds)));
    const at = this.second % historySeconds;
    bins[at] = bins[at]! + increment;
  }

  // Oldest first.
  of(slot: number, nowMs: number): number[] {
    this.advance(nowMs);
    const bins = this.bins.get(slot);
    return Array.from({ length: historySeconds }, (_, i) =>
      bins ? bins[(this.second + 1 + i) % historySeconds]! : 0,
    );
  }

  private advance(nowMs: number): void {
    const now = Math.floor(nowMs / 1000);
    const steps = Math.min(now - this.second, historySeconds);
    for (const bins of this.bins.values())
      for (let i = 0; i < steps; ++i) bins[(now - i) % historySeconds] = 0;
    if (now > this.second) this.second = now;
  }
}
