// Table panels (rankings, with a bar for the first number) and totals.
import { useSignal } from '@preact/signals';

import { clock, exact, heading, short, visible } from './format';
import { beat, model } from './store';

const rowsShown = 10;

export function Ranking({ id }: { id: string }) {
  const all = useSignal(false);
  beat.value;
  const panel = model.panel(id);
  const { rows, rows_all } = panel.table!;
  const shown = all.value ? rows : rows.slice(0, rowsShown);
  const largest = Math.max(...rows.map((row) => row[1] ?? 0), 1);
  // Where all counts are exact, that is not worth a column.
  const columns = panel.columns.flatMap((name, i) =>
    name === 'error' && rows.every((row) => row[i + 1] === 0) ? [] : [{ name, at: i + 1 }],
  );
  return (
    <section class="card ranking" aria-label={panel.title}>
      <div class="card-head">
        <h2>{visible(panel.title || id)}</h2>
        <small title="The window of this table, UTC">
          {clock(panel.start)}–{clock(panel.end)}
        </small>
        {rows.length > rowsShown && (
          <button type="button" class="tool" aria-pressed={all.value} onClick={() => (all.value = !all.value)}>
            {all.value ? `First ${rowsShown}` : `All ${rows.length}`}
          </button>
        )}
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col" class="word">
              name
            </th>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {heading(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => (
            <RankingRow
              key={row[0]}
              name={row[0]}
              values={columns.map(({ at }) => row[at] as number | null)}
              rank={i + 1}
              largest={largest}
            />
          ))}
        </tbody>
      </table>
      {rows_all > rows.length && (
        <p class="sums">
          the first {exact(rows.length)} of {exact(rows_all)}
        </p>
      )}
    </section>
  );
}

interface RankingRowProps {
  name: string;
  values: (number | null)[];
  rank: number;
  largest: number;
}

function RankingRow({ name: key, values, rank, largest }: RankingRowProps) {
  const name = visible(key);
  return (
    <tr>
      <td>{rank}</td>
      <th scope="row" title={name}>
        <i class="bar" aria-hidden="true" style={{ transform: `scaleX(${(values[0] ?? 0) / largest})` }} />
        <bdi dir="ltr">{name}</bdi>
      </th>
      {values.map((value, i) => (
        <td key={i}>{value === null ? '–' : exact(value)}</td>
      ))}
    </tr>
  );
}

export function Totals({ id }: { id: string }) {
  beat.value;
  const panel = model.panel(id);
  return (
    <section class="card totals" aria-label={panel.title}>
      <div class="card-head">
        <h2>{visible(panel.title || id)}</h2>
        <small>since the start</small>
      </div>
      <dl>
        {panel.totals!.rows.flatMap(([key, ...values]) =>
          values.map((value, i) => (
            <div key={`${key} ${i}`}>
              <dt>
                {[key && visible(key), values.length > 1 || !key ? heading(panel.columns[i] ?? '') : '']
                  .filter(Boolean)
                  .join(' ')}
              </dt>
              <dd title={value === null ? '' : exact(value)}>{value === null ? '–' : short(value)}</dd>
            </div>
          )),
        )}
      </dl>
    </section>
  );
}
