// The messages of the cell that was chosen: a tap that is open as long as somebody looks.
import { useSignal, useSignalEffect } from '@preact/signals';

import { ask, offered } from './data';
import { exact, heading, percent, visible } from './format';
import { conditionOf, Messages } from './messages';
import { past, paused } from './store';

const rate = 200; // rows a second at most
const drawMs = 250;
const topMost = 5;

interface WallRows {
  panel: string;
  edge: string;
  field: string;
}
let walls: Promise<WallRows[]> | null = null;
function rowsOf(panel: string): Promise<WallRows | undefined> {
  // A board of a cluster has no word of them.
  if (!offered.value?.includes('walls')) return Promise.resolve(undefined);
  walls ??= ask<{ walls: WallRows[] }>('/api/data/walls').then((answer) => answer.walls);
  walls.catch(() => (walls = null));
  return walls.then((all) => all.find((wall) => wall.panel === panel));
}

let token = ''; // as long as the page lives, and nowhere else

class Refused extends Error {
  constructor(
    sentence: string,
    readonly wantsToken: boolean,
  ) {
    super(sentence);
  }
}

async function follow(rows: WallRows, where: string, messages: Messages, signal: AbortSignal): Promise<void> {
  const query = new URLSearchParams({ edge: rows.edge, where, rate: String(rate) });
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(`/tap?${query}`, { signal, headers });
  if (!answer.ok) throw new Refused((await answer.text()).trim(), answer.status === 401);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    messages.take(value);
  }
}

export function MessagesOf({ panelId, name }: { panelId: string; name: string }) {
  const messages = useSignal<Messages | null>(null);
  const drawn = useSignal(0);
  const problem = useSignal<Refused | null>(null);
  const tries = useSignal(0);

  useSignalEffect(() => {
    tries.value;
    if (past.value !== null || paused.value || !offered.value?.includes('walls')) return;
    const gone = new AbortController();
    const fail = (error: Error) => {
      if (!gone.signal.aborted)
        problem.value = error instanceof Refused ? error : new Refused('The server does not answer.', false);
    };
    const begin = async () => {
      const rows = await rowsOf(panelId);
      if (!rows || gone.signal.aborted) return;
      const where = conditionOf(rows.field, name);
      if (!where) throw new Refused('Messages with this name cannot be asked for.', false);
      problem.value = null;
      messages.value = new Messages(rows.field);
      await follow(rows, where, messages.value, gone.signal);
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
      <Problem
        problem={problem.value}
        again={(given) => {
          token = given;
          tries.value++;
        }}
      />
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

function Problem({ problem, again }: { problem: Refused; again: (token: string) => void }) {
  const given = useSignal('');
  return (
    <>
      <p role="alert">{problem.message}</p>
      {problem.wantsToken && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            again(given.value);
          }}
        >
          <label>
            Token{' '}
            <input type="password" autocomplete="off" onInput={(event) => (given.value = event.currentTarget.value)} />
          </label>{' '}
          <button class="tool">Look</button>
        </form>
      )}
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
