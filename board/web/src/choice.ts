// Which topology of a cluster the page shows: ?topology=NAME in the address. A board of one run has
// one topology and nothing to choose.
import { signal } from '@preact/signals';

const parameter = 'topology';

export const topology = signal(new URLSearchParams(location.search).get(parameter) ?? '');

// The path with the choice, for what the server answers by topology.
export function ofTopology(path: string): string {
  if (!topology.value || path.startsWith('/api/v1')) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${parameter}=${encodeURIComponent(topology.value)}`;
}

export function choose(name: string): void {
  const address = new URL(location.href);
  address.searchParams.set(parameter, name);
  history.replaceState(null, '', address);
  topology.value = name;
}
