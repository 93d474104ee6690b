// How a kiosk turns from wall to wall: by its address, and in which order.
export const periodDefaultS = 20;
export const periodMinS = 5; // what changes as a whole must not do so often

// Seconds between walls, by the address; null: it is no kiosk.
export function periodOf(hash: string): number | null {
  const found = /^#live\?(?:.*&)?kiosk(?:=(\d{1,4}))?(?:&|$)/.exec(hash);
  if (!found) return null;
  return found[1] ? Math.max(Number(found[1]), periodMinS) : periodDefaultS;
}

export function nextOf(ids: string[], current: string | undefined): string | undefined {
  return ids[(ids.indexOf(current ?? '') + 1) % ids.length];
}
