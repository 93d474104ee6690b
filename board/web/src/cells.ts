// The wall: a list of buttons that are made once and only change text and class. Nothing animates: a
// running transition repaints every warm cell in every frame, three to five times the cost.
//
// A window closes for all cells at once. So that the wall does not blink as one, the cells that changed
// are shown one after the other over the time until the next window (at most `spreadMaxMs`), each at a
// moment of its own. No cell blinks: one that goes on growing stays lit, and one that stopped fades in
// three steps.
import type { Alarms } from './alarms';
import { cellName, countText, newSince } from './cell-marks';
import type { Panel } from './contract';

const frameMs = 100;
const calmFrameMs = 1000; // with reduced motion: one step a second and no light
const spreadMaxMs = 900;
const heatSteps = [1400, 700, 350]; // ms after which a cell falls to level 0, 1, 2

interface Cell {
  item: HTMLLIElement;
  button: HTMLButtonElement;
  name: HTMLElement;
  count: HTMLElement;
  alarm: HTMLElement;
  fresh: HTMLElement;
  due: number; // when to show what changed; 0: nothing did
  lit: number; // when it was last lit
  level: number;
  share: number; // of the largest one, as its bar shows
}

// A sign beside the name or the count; `words`: for those who hear it.
function mark(kind: string, sign: string, words = ''): HTMLElement {
  const made = document.createElement('span');
  made.className = `mark-${kind}`;
  made.hidden = true;
  made.append(sign);
  if (!words) return made;
  const heard = document.createElement('span');
  heard.className = 'unseen';
  heard.textContent = words;
  made.append(heard);
  return made;
}

function show(mark: HTMLElement, wanted: boolean): void {
  if (mark.hidden === wanted) mark.hidden = !wanted;
}

export class WallView {
  private cells: Cell[] = [];
  private waiting = new Set<number>();
  private warm = new Set<number>();
  private panel: Panel | null = null;
  private timer: number | undefined;
  private lastNews = 0;
  private spread = 0;
  private focused = 0;
  private selected = -1;
  private alarms: Alarms = new Map();

  constructor(
    private readonly list: HTMLElement,
    private readonly onSelect: (slot: number) => void,
    private readonly clock: () => number, // of the moment that is shown, ms
    private calm: boolean,
  ) {
    list.addEventListener('click', (event) => {
      const slot = this.slotOf(event.target);
      if (slot >= 0) this.onSelect(slot);
    });
    list.addEventListener('keydown', (event) => this.onKey(event));
    list.addEventListener('focusin', (event) => this.rove(this.slotOf(event.target)));
    this.restartTimer();
  }

  destroy(): void {
    clearInterval(this.timer);
  }

  setCalm(calm: boolean): void {
    this.calm = calm;
    this.restartTimer();
  }

  // Shows a wall from scratch, as it is and without light.
  show(panel: Panel | null): void {
    this.panel = panel;
    const slots = panel?.wall?.slots ?? [];
    this.waiting.clear();
    this.warm.clear();
    while (this.cells.length > slots.length) this.cells.pop()!.item.remove();
    while (this.cells.length < slots.length) this.cells.push(this.make(this.cells.length));
    this.cells.forEach((cell, slot) => {
      this.setLevel(cell, 0);
      this.draw(slot);
    });
    this.lastNews = 0;
    this.arrange();
  }

  changed(slots: Set<number>): void {
    const now = performance.now();
    const since = now - this.lastNews;
    if (slots.size > 0) {
      this.spread = this.lastNews && since > 2 * frameMs ? Math.min(since - frameMs, spreadMaxMs) : 0;
      this.lastNews = now;
    }
    for (const slot of slots) {
      const cell = this.cells[slot];
      if (!cell || cell.due) continue;
      cell.due = now + this.spread * ((slot * 0.6180339887) % 1);
      this.waiting.add(slot);
    }
  }

  setAlarms(alarms: Alarms): void {
    this.alarms = alarms;
    this.cells.forEach((_, slot) => this.mark(slot));
  }

  select(slot: number): void {
    this.cells[this.selected]?.button.setAttribute('aria-pressed', 'false');
    this.selected = slot;
    this.cells[slot]?.button.setAttribute('aria-pressed', 'true');
  }

  focus(slot: number): void {
    this.cells[slot]?.button.focus();
  }

  // Bars: how much a cell has of the largest one; and what is new no more. Once a second is enough.
  arrange(): void {
    const slots = this.panel?.wall?.slots ?? [];
    let largest = 0;
    let used = 0;
    for (const slot of slots) {
      if (!slot) continue;
      ++used;
      largest = Math.max(largest, slot[1]);
    }
    this.list.dataset.size = used <= 12 ? 'large' : used <= 48 ? 'medium' : 'small';
    slots.forEach((slot, i) => {
      const share = slot && largest > 0 ? slot[1] / largest : 0;
      const cell = this.cells[i]!;
      this.mark(i);
      if (Math.abs(cell.share - share) < 0.002) return; // less than a pixel: not worth a new style
      cell.share = share;
      cell.button.style.setProperty('--share', share.toFixed(3));
    });
  }

  private make(slot: number): Cell {
    const item = document.createElement('li');
    const button = document.createElement('button');
    const name = document.createElement('bdi');
    const count = document.createElement('span');
    const alarm = mark('alarm', '!', ' security event');
    const fresh = mark('fresh', 'new');
    button.type = 'button';
    button.className = 'cell';
    button.dataset.slot = String(slot);
    button.tabIndex = slot === this.focused ? 0 : -1;
    button.setAttribute('aria-pressed', 'false');
    name.className = 'cell-name';
    name.dir = 'ltr';
    count.className = 'cell-count';
    button.append(name, count, alarm, fresh);
    item.append(button);
    this.list.append(item);
    return { item, button, name, count, alarm, fresh, due: 0, lit: 0, level: 0, share: 0 };
  }

  private draw(slot: number): void {
    const cell = this.cells[slot]!;
    const owner = this.panel?.wall?.slots[slot];
    cell.due = 0;
    cell.item.hidden = !owner;
    if (!owner) return;
    const name = cellName(this.panel!.id, owner[0]);
    if (cell.name.textContent !== name) {
      cell.name.textContent = name;
      cell.button.title = name;
    }
    cell.count.textContent = countText(owner);
    this.mark(slot);
  }

  private mark(slot: number): void {
    const owner = this.panel?.wall?.slots[slot];
    const cell = this.cells[slot]!;
    show(cell.alarm, !!owner && this.alarms.has(owner[0]));
    show(cell.fresh, !!owner && newSince(owner, this.clock()) !== null);
  }

  private frame(): void {
    const now = performance.now();
    for (const slot of this.waiting) {
      const cell = this.cells[slot]!;
      if (!this.calm && cell.due > now) continue;
      this.waiting.delete(slot);
      this.draw(slot);
      cell.lit = now;
      if (this.calm) continue;
      this.setLevel(cell, 3);
      this.warm.add(slot);
    }
    for (const slot of this.warm) {
      const cell = this.cells[slot]!;
      const age = now - cell.lit;
      const level = heatSteps.findIndex((ms) => age >= ms);
      this.setLevel(cell, level < 0 ? 3 : level);
      if (level === 0) this.warm.delete(slot);
    }
  }

  private setLevel(cell: Cell, level: number): void {
    if (cell.level === level) return;
    cell.level = level;
    cell.button.className = level ? `cell heat${level}` : 'cell';
  }

  private restartTimer(): void {
    clearInterval(this.timer);
    this.timer = window.setInterval(() => this.frame(), this.calm ? calmFrameMs : frameMs);
  }

  // --- keyboard: one cell is in the tab order, the arrow keys move it -----------------------------

  private slotOf(target: EventTarget | null): number {
    const button = (target as HTMLElement | null)?.closest<HTMLElement>('[data-slot]');
    return button ? Number(button.dataset.slot) : -1;
  }

  private rove(slot: number): void {
    if (slot < 0) return;
    const before = this.cells[this.focused];
    if (before) before.button.tabIndex = -1;
    this.focused = slot;
    this.cells[slot]!.button.tabIndex = 0;
  }

  private onKey(event: KeyboardEvent): void {
    const from = this.slotOf(event.target);
    const shown = this.cells.filter((cell) => !cell.item.hidden);
    const at = shown.findIndex((cell) => Number(cell.button.dataset.slot) === from);
    if (at < 0) return;
    const columns = getComputedStyle(this.list).gridTemplateColumns.split(' ').length;
    const steps: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at - columns,
      ArrowDown: at + columns,
      Home: 0,
      End: shown.length - 1,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    shown[to]?.button.focus();
  }
}
