// What a cell is called, and what is to be marked on it beside its count. Pure.
import type { Alarms } from './alarms';
import type { Panel, Slot } from './contract';
import { exact, visible } from './format';

const newForMs = 60_000;

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

// The wall of a panel "countries", or "...-countries", has ISO codes as keys: their names are added.
export function cellName(panelId: string, key: string): string {
  if (!/(^|[-_])countries$/.test(panelId) || !/^[A-Z]{2}$/.test(key)) return visible(key);
  const name = regions.of(key);
  return name ? `${key} ${name}` : key;
}

export function countText([, count, known]: Slot): string {
  return (known === 1 ? '≥\u202f' : '') + exact(count);
}

// When the key was first seen, ms; null: that is not known, or long ago.
export function newSince([, , known]: Slot, now: number): number | null {
  return known > 1 && now - known < newForMs ? known : null;
}

// The cells of a wall whose keys open events name.
export function alarmedSlots(panel: Panel | null, alarms: Alarms): number[] {
  if (alarms.size === 0) return [];
  return (panel?.wall?.slots ?? []).flatMap((owner, slot) => (owner && alarms.has(owner[0]) ? [slot] : []));
}
