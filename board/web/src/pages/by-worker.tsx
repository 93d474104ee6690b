// The same tasks by where they run: a box for each worker, a square for each task in it.
import { percent, visible } from '../format';
import type { Task, Topology } from './topology-data';

interface ByWorkerProps {
  topology: Topology;
  chosen: string;
  onChoose: (component: string) => void;
}

type Placed = Map<string, Map<string, Task[]>>; // by node, by component

export function placed(topology: Topology): Placed {
  const nodes: Placed = new Map();
  for (const component of topology.components)
    for (const task of component.tasks) {
      const node = task.node ?? '';
      if (!nodes.has(node)) nodes.set(node, new Map());
      const here = nodes.get(node)!;
      here.set(component.id, [...(here.get(component.id) ?? []), task]);
    }
  return new Map([...nodes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

// Four steps, told apart by their height as well.
export const step = (busy: number) => Math.min(3, Math.floor(busy * 4));

export function ByWorker({ topology, chosen, onChoose }: ByWorkerProps) {
  return (
    <div class="workers">
      {[...placed(topology)].map(([node, components]) => (
        <section key={node} class="worker" aria-label={node ? `Worker on ${visible(node)}` : 'This process'}>
          <h3>{node ? visible(node) : 'this process'}</h3>
          <ul>
            {[...components].map(([id, tasks]) => (
              <li key={id}>
                <button
                  type="button"
                  class="instance"
                  aria-pressed={chosen === id}
                  onClick={() => onChoose(chosen === id ? '' : id)}
                >
                  <span>{visible(id)}</span>
                  {tasks.map((task) => (
                    <i
                      key={task.task}
                      class={`square step${step(task.busy)}`}
                      title={`task ${task.task}: busy ${percent(task.busy, 1)}`}
                    />
                  ))}
                  <small>
                    {tasks.length === 1 ? '1 task' : `${tasks.length} tasks`}, busy{' '}
                    {percent(Math.max(...tasks.map((task) => task.busy)), 1)}
                  </small>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
