// The pages, in the order of the links to them. All but Live are fetched when they are first
// opened, so that the first load stays small; what needs data that this server does not have is not
// offered.
import type { ComponentType } from 'preact';

export interface Page {
  id: string; // what the address says after #
  title: string;
  data?: string; // what it asks for below /api/data; without it the page is not offered
  load: () => Promise<{ default: ComponentType }>;
}

export const pages: Page[] = [
  { id: 'traffic', title: 'Traffic', data: 'history', load: () => import('./pages/traffic') },
  { id: 'security', title: 'Security', data: 'events', load: () => import('./pages/security') },
  { id: 'capacity', title: 'Capacity', data: 'capacity', load: () => import('./pages/capacity') },
  { id: 'topology', title: 'Topology', load: () => import('./pages/topology') },
  { id: 'cluster', title: 'Cluster', data: 'cluster', load: () => import('./pages/cluster') },
];
