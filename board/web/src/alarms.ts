// Security events that are open, by the keys that they name: what is called so on a wall is marked.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { useAsked } from './data';
import type { EventList, SecurityEvent } from './pages/security-data';
import { past } from './store';

const periodMs = 2000;

export type Alarms = ReadonlyMap<string, SecurityEvent[]>;
export const alarms = signal<Alarms>(new Map());

// A key of several parts (a client and a domain) names each of them. What is muted alarms nobody.
export function alarmsOf(events: SecurityEvent[]): Alarms {
  const byKey = new Map<string, SecurityEvent[]>();
  for (const event of events) {
    if (event.mute && !event.mute.ended) continue;
    for (const key of new Set(event.key.split(' '))) byKey.set(key, [...(byKey.get(key) ?? []), event]);
  }
  return byKey;
}

// Asks for them as long as it is mounted. They are those of now: a moment of the past has none.
export function AlarmWatch() {
  const { data } = useAsked<EventList>(() => '/api/data/events?state=open&limit=500', periodMs);
  alarms.value = past.value === null && data.value ? alarmsOf(data.value.events) : new Map();
  useEffect(() => () => void (alarms.value = new Map()), []);
  return null;
}
