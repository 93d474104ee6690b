// Rows of an edge, live.
import { askRaw } from './data';
import { tapAddress, type TapWish } from './tap-wire';
import { tokenHeaders } from './token';

// Reads until the end, or until it is given up; the pieces are cut anywhere. A Refusal has the server's
// sentence.
export async function readTap(wish: TapWish, signal: AbortSignal, take: (piece: string) => void): Promise<void> {
  const answer = await askRaw(tapAddress(wish), { signal, headers: tokenHeaders('tap') });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    take(value);
  }
}
