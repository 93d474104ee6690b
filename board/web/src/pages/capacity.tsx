// When it is quiet enough for maintenance, and when capacity becomes short: the numbers of `dnstorm advise`, of the
// history that the running topology keeps.
import { useSignalEffect } from '@preact/signals';

import './capacity.css';
import { useAsked } from '../data';
import { visible } from '../format';
import { ForecastChart } from './capacity-chart';
import { choice, followAddress } from './capacity-choice';
import { Choices } from './capacity-choices';
import { questionOf, type Capacity } from './capacity-data';
import { Drained, Servers } from './capacity-servers';
import { Shortages } from './capacity-shortages';
import { Week } from './capacity-week';
import { Windows } from './capacity-windows';

const periodMs = 60_000;

export default function CapacityPage() {
  useSignalEffect(followAddress);
  const { data, failure } = useAsked<Capacity>(() => `/api/data/capacity?${questionOf(choice.value)}`, periodMs);
  const known = data.value;
  return (
    <div class="capacity-page">
      {failure.value && (
        <p class="notes" role="alert">
          {visible(failure.value)}
        </p>
      )}
      {known?.wanting && <p class="notes">{known.wanting}</p>}
      <Choices data={known} />
      {known && <Answers data={known} />}
    </div>
  );
}

function Answers({ data }: { data: Capacity }) {
  return (
    <>
      <Week data={data} />
      <Windows data={data} />
      {data.away.length > 0 && <Drained data={data} />}
      {data.servers.length > 0 && <Servers data={data} />}
      <ForecastChart data={data} />
      <Shortages data={data} />
      <p class="command">
        The same numbers: <code>{visible(data.command)}</code>
      </p>
    </>
  );
}
