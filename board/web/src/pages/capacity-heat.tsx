// Hour by weekday, as a table: every cell has its number, arrow keys go from hour to hour, and the line below
// says all that is known of the hour under the pointer or the focus.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';

import { short } from '../format';
import { days, heatLevels, ranks, slotName, type Heat, type QuietWindow } from './capacity-data';

const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -24, ArrowDown: 24 };

export function HeatMap({ heat, windows, label }: { heat: Heat; windows: QuietWindow[]; label: string }) {
  const table = useRef<HTMLTableElement>(null);
  const at = useSignal(0); // the one cell that Tab reaches
  const shown = useSignal<number | null>(null);
  const rankOf = ranks(windows);

  const move = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = at.value + step;
    if (next < 0 || next >= 7 * 24) return;
    event.preventDefault();
    at.value = next;
    table.current?.querySelector<HTMLElement>(`[data-slot="${next}"]`)?.focus();
  };
  const slotAt = (event: Event) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-slot]');
    if (cell) shown.value = Number(cell.dataset.slot);
  };

  return (
    <>
      <div class="wide">
        <table
          ref={table}
          class="heat"
          role="grid"
          aria-label={label}
          onKeyDown={move}
          onFocusIn={(event) => {
            slotAt(event);
            at.value = shown.value ?? at.value;
          }}
          onPointerOver={slotAt}
        >
          <thead>
            <tr>
              <th scope="col">UTC</th>
              {Array.from({ length: 24 }, (_, hour) => (
                <th key={hour} scope="col">
                  {String(hour).padStart(2, '0')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day, row) => (
              <tr key={day}>
                <th scope="row">{day}</th>
                {Array.from({ length: 24 }, (_, hour) => {
                  const slot = 24 * row + hour;
                  const cell = heat.cells[slot];
                  const rank = rankOf[slot]!;
                  return (
                    <td
                      key={hour}
                      role="gridcell"
                      data-slot={slot}
                      tabIndex={slot === at.value ? 0 : -1}
                      class={`${cell ? `level${cell.level}` : 'unknown'}${rank ? ' window' : ''}`}
                      data-rank={rank || undefined}
                    >
                      <span aria-hidden="true">{cell ? cell.text : '–'}</span>
                      <span class="unseen">{sentenceOf(heat, slot, rank)}</span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="heat-line">
        {shown.value === null
          ? 'Arrow keys go from hour to hour. A frame with a number is one of the best windows.'
          : sentenceOf(heat, shown.value, rankOf[shown.value]!)}
      </p>
      <Scale heat={heat} />
    </>
  );
}

function sentenceOf(heat: Heat, slot: number, rank: number): string {
  const sentence = heat.cells[slot]?.sentence ?? `${slotName(slot)}: not known`;
  return sentence + (rank ? `; best window ${rank}` : '');
}

function Scale({ heat }: { heat: Heat }) {
  return (
    <ul class="heat-scale" aria-label={`Colours, ${heat.unit}`}>
      {Array.from({ length: heatLevels }, (_, level) => (
        <li key={level} class={`level${level}`}>
          {level === 0 ? `< ${short(heat.bounds[0] ?? 0)}` : `≥ ${short(heat.bounds[level - 1] ?? 0)}`}
        </li>
      ))}
      <li class="unit">{heat.unit}</li>
    </ul>
  );
}
