// The topologies of a cluster, to choose from, in the head of the page.
import { choose, topology } from './choice';
import { useAsked } from './data';
import { visible } from './format';
import { title } from './store';

interface Choices {
  leads: boolean;
  leader: string; // address of the board of the coordinator that leads; '': not known
  topologies: { id: string; name: string; status: string }[];
}

const periodMs = 3000;

export function Picker() {
  const { data } = useAsked<Choices>(() => '/api/data/cluster', periodMs);
  const choices = data.value;
  if (!choices) return null;
  if (!choices.leads)
    return (
      <p class="updated" role="status">
        this coordinator waits
        {choices.leader && (
          <>
            ; the board is at <a href={choices.leader}>{choices.leader}</a>
          </>
        )}
      </p>
    );
  const names = choices.topologies.map((it) => it.name);
  // Two may have one name, if one has ended.
  const options = choices.topologies.map((it) => ({
    value: names.indexOf(it.name) === names.lastIndexOf(it.name) ? it.name : it.id,
    status: it.status,
  }));
  const shown = topology.value || title.value;
  const there = options.some((option) => option.value === shown);
  return (
    <select
      class="tool picker"
      aria-label="Shown topology"
      value={shown}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {!there && <option value={shown}>{options.length ? `${visible(shown)}: not here` : 'no topology'}</option>}
      {options.map(({ value, status }) => (
        <option key={value} value={value}>
          {visible(value)}: {status}
        </option>
      ))}
    </select>
  );
}
