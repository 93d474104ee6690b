// Which events are shown, and how many each detector has found when.
import { exact, seconds, visible } from '../format';
import { heights, severities, type EventList, type Look } from './security-data';
import { look, show } from './security-look';

export function Filters({ list }: { list: EventList }) {
  const chosen = look.value;
  const counts = Object.entries(list.rates.counts ?? {});
  const filter = (next: Partial<Look>) => show({ ...next, skip: 0 });
  return (
    <section class="card" aria-label="Filters">
      <div class="card-head">
        <h2>Detectors</h2>
        <small>
          events by when they began
          {counts.length > 0 && `, a bar is ${seconds(list.rates.bucket / 1000)}`}
        </small>
      </div>
      {counts.length > 0 && (
        <ul class="rates" aria-label="Events by detector">
          {counts.map(([detector, series]) => (
            <li key={detector}>
              <button
                type="button"
                class="tool"
                aria-pressed={chosen.detector === detector}
                onClick={() => filter({ detector: chosen.detector === detector ? '' : detector })}
              >
                {visible(detector)} <b>{exact(series.reduce((sum, count) => sum + count, 0))}</b>
                <Bars counts={series} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <form class="row" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Detector"
          value={chosen.detector}
          choices={[['', 'any'], ...counts.map(([name]): [string, string] => [name, visible(name)])]}
          onChoose={(detector) => filter({ detector })}
        />
        <Choice
          label="Severity"
          value={chosen.severity}
          choices={[
            ['', 'any'],
            ...severities
              .slice(1)
              .map((name): [string, string] => [name, name === 'critical' ? name : `${name} and above`]),
          ]}
          onChoose={(severity) => filter({ severity })}
        />
        <Choice
          label="State"
          value={chosen.state}
          choices={[
            ['', 'any'],
            ['open', 'open'],
            ['closed', 'closed'],
          ]}
          onChoose={(state) => filter({ state })}
        />
        <label>
          Name or address{' '}
          <input type="search" value={chosen.text} onInput={(event) => filter({ text: event.currentTarget.value })} />
        </label>
        <label>
          <input
            type="checkbox"
            checked={chosen.follow}
            onChange={(event) => show({ follow: event.currentTarget.checked })}
          />{' '}
          Show new ones at once
        </label>
      </form>
    </section>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choices: [value: string, label: string][];
  onChoose: (value: string) => void;
}

function Choice({ label, value, choices, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {choices.map(([name, text]) => (
          <option key={name} value={name} selected={name === value}>
            {text}
          </option>
        ))}
        {!choices.some(([name]) => name === value) && (
          <option value={value} selected>
            {visible(value)}
          </option>
        )}
      </select>
    </label>
  );
}

function Bars({ counts }: { counts: number[] }) {
  return (
    <svg class="bars" viewBox="0 0 60 10" preserveAspectRatio="none" aria-hidden="true">
      {heights(counts).map((height, i) =>
        height > 0 ? (
          <rect key={i} x={60 - counts.length + i} y={10 - 10 * height} width="0.8" height={10 * height} />
        ) : null,
      )}
    </svg>
  );
}
