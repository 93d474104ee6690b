// The week hour by hour: load, share of the limit or response time, as expected or as seen.
import { visible } from '../format';
import { choice, choose } from './capacity-choice';
import { heatOf, nameOf, windowsInFocus, type Capacity, type Choice } from './capacity-data';
import { Pick, weeksOf } from './capacity-fields';
import { HeatMap } from './capacity-heat';

const measures = [
  ['load', 'queries per second'],
  ['share', 'share of the limit'],
  ['response', 'response time'],
] as [Choice['measure'], string][];

export function Week({ data }: { data: Capacity }) {
  const now = choice.value;
  const heat = heatOf(data, now);
  const moved =
    now.drain && data.away.some((one) => one.server === data.focus) ? `, ${visible(now.drain)} drained` : '';
  const response = data.seen.response_time?.name ?? '';
  return (
    <section class="card" aria-label="Week">
      <div class="card-head">
        <h2>The week, hour by hour</h2>
        <small>
          {nameOf(data.focus)}
          {moved}
        </small>
      </div>
      <div class="choices">
        <Pick
          label="Measure"
          value={now.measure}
          options={measures.map(([one, text]) => [
            one,
            one === 'response' && response ? `response time (${visible(response)})` : text,
          ])}
          onPick={(measure) => choose({ measure: measure as Choice['measure'] })}
        />
        {now.measure !== 'response' && (
          <Pick
            label="of"
            value={now.hours}
            options={[
              ['expected', 'the week to come, as expected'],
              ['seen', 'the last weeks, as seen'],
            ]}
            onPick={(hours) => choose({ hours: hours as Choice['hours'] })}
          />
        )}
        {(now.hours === 'seen' || now.measure === 'response') && (
          <Pick
            label="weeks"
            value={String(now.seen)}
            options={weeksOf()}
            onPick={(seen) => choose({ seen: Number(seen) })}
          />
        )}
      </div>
      {heat.missing ? (
        <>
          <p class="notes">{heat.missing}</p>
          {now.hours === 'expected' && now.measure !== 'response' && data.seen.load.some(Boolean) && (
            <HeatMap
              heat={heatOf(data, { ...now, measure: 'load', hours: 'seen' })}
              windows={[]}
              label="Hours of the week, as seen"
            />
          )}
        </>
      ) : (
        <HeatMap heat={heat} windows={windowsInFocus(data)} label="Hours of the week" />
      )}
    </section>
  );
}
