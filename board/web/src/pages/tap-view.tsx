// A tap on an edge: rows as they pass, until it is stopped, another edge is chosen or the page is
// left or paused.
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { exact, visible } from '../format';
import { paused } from '../store';
import { readTap } from '../tap';
import { Lines } from '../tap-wire';
import { isTokenWanted, TokenForm } from '../token';
import { nothingTapped, rowsKept, take, valueText, type TapState } from './tap-data';

export function TapView({ edge, topology }: { edge: string; topology?: string }) {
  const state = useSignal<TapState>(nothingTapped);
  const failure = useSignal<Error | null>(null);
  const open = useSignal(false);
  const where = useSignal('');
  const rate = useSignal(20);
  const going = useRef<AbortController | null>(null);

  const stop = () => {
    going.current?.abort();
    going.current = null;
    open.value = false;
  };
  const start = async () => {
    stop();
    const mine = new AbortController();
    going.current = mine;
    state.value = nothingTapped;
    failure.value = null;
    open.value = true;
    const wish = { edge, where: where.value.trim(), rate: rate.value, topology };
    try {
      const lines = new Lines();
      await readTap(wish, mine.signal, (piece) => {
        if (going.current === mine) state.value = take(state.value, lines.push(piece));
      });
    } catch (error) {
      if (!mine.signal.aborted) failure.value = error as Error;
    }
    if (going.current === mine) stop();
  };
  useEffect(() => stop, [edge]);
  useSignalEffect(() => {
    if (paused.value) stop();
  });

  return (
    <section class="tap" aria-label="Tap">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (open.value) stop();
          else void start();
        }}
      >
        <label>
          only rows with{' '}
          <input
            class="where"
            type="text"
            placeholder="qtype == AAAA"
            value={where.value}
            onInput={(event) => (where.value = event.currentTarget.value)}
          />
        </label>
        <label>
          at most{' '}
          <input
            type="number"
            min="1"
            max="1000"
            value={rate.value}
            onInput={(event) => (rate.value = Number(event.currentTarget.value) || 1)}
          />{' '}
          a second
        </label>
        <button type="submit" class="tool" aria-pressed={open.value}>
          {open.value ? 'Stop' : 'Tap'}
        </button>
        <TapCount state={state.value} open={open.value} />
      </form>
      {failure.value && (
        <p class="notes" role="alert">
          {visible(failure.value.message)}
        </p>
      )}
      {isTokenWanted(failure.value) && <TokenForm purpose="tap" onReady={() => void start()} />}
      {state.value.head && <Rows state={state.value} />}
    </section>
  );
}

function TapCount({ state, open }: { state: TapState; open: boolean }) {
  const { counts } = state;
  const ended = state.ended ? 'The run has ended. ' : '';
  return (
    <small role="status">
      {ended}
      {counts
        ? `seen ${exact(counts.seen)}, matched ${exact(counts.matched)}, shown ${exact(counts.shown)}, not shown ${exact(counts.not_shown)}`
        : open && !state.head
          ? 'opening …'
          : open
            ? 'waiting for rows'
            : ''}
    </small>
  );
}

function Rows({ state }: { state: TapState }) {
  const fields = state.head!.fields.map((field) => field.name);
  return (
    <div class="wide tapped" role="region" aria-label="Rows of the tap" tabIndex={0}>
      <table>
        <caption class="unseen">The last {rowsKept} rows at most, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">at</th>
            <th scope="col" class="word">
              task
            </th>
            {fields.map((name) => (
              <th scope="col" class="word" key={name}>
                {visible(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {state.rows.map((row, i) => (
            <tr key={`${row.at} ${i}`}>
              <th scope="row">{visible(row.at.slice(11, 23))}</th>
              <td class="word">{visible(`${row.component}/${row.task}${row.node ? ` on ${row.node}` : ''}`)}</td>
              {fields.map((name) => (
                <td class="word" key={name}>
                  <bdi dir="ltr">{valueText(row.row[name])}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
