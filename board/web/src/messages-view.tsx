// The messages of the cell that was chosen: a tap that is open as long as somebody looks.
import { useSignal, useSignalEffect } from '@preact/signals';

import { ofTopology } from './choice';
import { ask, offered, topologyOfTaps } from './data';
import { exact, heading, percent, visible } from './format';
import { conditionOf, Messages } from './messages';
import { past, paused } from './store';
import { readTap } from './tap';
import { isTokenWanted, TokenForm } from './token';

const rate = 200; // rows a second at most
const drawMs = 250;
const topMost = 5;

interface WallRows {
  panel: string;
  edge: string;
  field: string;
}
// By what is asked: topologies of a cluster have walls of their own.
const walls = new Map<string, Promise<WallRows[]>>();
function rowsOf(panel: string): Promise<WallRows | undefined> {
  const address = ofTopology('/api/data/walls');
  let all = walls.get(address);
  if (!all || topologyOfTaps()) {
    all = ask<{ walls: WallRows[] }>(address).then((answer) => answer.walls);
    all.catch(() => walls.delete(address));
    walls.set(address, all);
  }
  return all.then((known) => known.find((wall) => wall.panel === panel));
}

export function MessagesOf({ panelId, name }: { panelId: string; name: string }) {
  const messages = useSignal<Messages | null>(null);
  const drawn = useSignal(0);
  const problem = useSignal<Error | null>(null);
  const tries = useSignal(0);

  useSignalEffect(() => {
    tries.value;
    if (past.value !== null || paused.value || !offered.value?.includes('walls')) return;
    const gone = new AbortController();
    const fail = (error: Error) => {
      if (!gone.signal.aborted) problem.value = error;
    };
    const begin = async () => {
      const rows = await rowsOf(panelId);
      if (!rows || gone.signal.aborted) return;
      const where = conditionOf(rows.field, name);
      if (!where) throw new Error('Messages with this name cannot be asked for.');
      problem.value = null;
      const got = (messages.value = new Messages(rows.field));
      const topology = topologyOfTaps();
      await readTap({ edge: rows.edge, where, rate, topology }, gone.signal, (piece) => got.take(piece));
    };
    begin().catch(fail);
    const drawing = window.setInterval(() => drawn.value++, drawMs);
    return () => {
      gone.abort();
      clearInterval(drawing);
    };
  });

  drawn.value;
  if (past.value !== null) return <p>Messages are those of now: go back to what is live to see them.</p>;
  if (problem.value)
    return (
      <>
        <p role="alert">{visible(problem.value.message)}</p>
        {isTokenWanted(problem.value) && <TokenForm purpose="tap" onReady={() => tries.value++} />}
      </>
    );
  const got = messages.value;
  if (!got) return null;
  if (got.shown === 0) return <p>{got.ended ? 'The run has ended.' : 'Waiting for a message…'}</p>;
  return (
    <>
      <p>
        <b>{exact(got.shown)}</b> of <b>{exact(Math.max(got.matched, got.shown))}</b> messages since you looked
      </p>
      <div class="tops">
        {got.tops(topMost).map(({ field, top, others }) => (
          <Top key={field} field={field} top={top} others={others} all={got.shown} />
        ))}
      </div>
      <Last messages={got} />
    </>
  );
}

const captions: Record<string, string> = { client: 'Who asks', qname: 'Names', qtype: 'Types', rcode: 'Codes' };

function Top({ field, top, others, all }: { field: string; top: [string, number][]; others: number; all: number }) {
  return (
    <table>
      <caption>{captions[field] ?? heading(field)}</caption>
      <tbody>
        {top.map(([value, n]) => (
          <tr key={value}>
            <th scope="row">
              <bdi dir="ltr">{visible(value)}</bdi>
            </th>
            <td>{percent(n, all)}</td>
          </tr>
        ))}
        {others > 0 && (
          <tr>
            <th scope="row">others</th>
            <td>{percent(others, all)}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function Last({ messages }: { messages: Messages }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Last messages">
      <table>
        <caption>Last messages</caption>
        <thead>
          <tr>
            <th scope="col">at (UTC)</th>
            {messages.fields.map((field) => (
              <th key={field} scope="col" class="word">
                {heading(field)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {messages.last.map(({ at, row }, i) => (
            <tr key={messages.shown - i}>
              <td>{at.slice(11, 23)}</td>
              {messages.fields.map((field) => (
                <td key={field} class="word">
                  <bdi dir="ltr">{visible(String(row[field]))}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
