// A topology file, drawn before anybody runs it: the server plans it as `dnstorm explain` does.
import { type Signal, useSignal } from '@preact/signals';

import { ask } from '../data';
import { visible } from '../format';
import { isTokenWanted, TokenForm, tokenHeaders } from '../token';
import type { Explained, Plan, PlanProblem } from './topology-data';

export const bytesMax = 4 * 1024 * 1024;

export interface Drawn {
  name: string;
  plan: Plan;
}

export function DrawFile({ drawn }: { drawn: Signal<Drawn | null> }) {
  const text = useSignal('');
  const name = useSignal('');
  const problems = useSignal<PlanProblem[]>([]);
  const failure = useSignal<Error | null>(null);
  const over = useSignal(false);

  const draw = async () => {
    problems.value = [];
    failure.value = null;
    drawn.value = null;
    try {
      const answer = await ask<Explained>('/api/data/explain', {
        method: 'POST',
        body: text.value,
        headers: { 'Content-Type': 'application/yaml', ...tokenHeaders('control') },
      });
      problems.value = answer.problems ?? [];
      if (answer.plan) drawn.value = { name: name.value || 'the text', plan: answer.plan };
    } catch (error) {
      failure.value = error as Error;
    }
  };
  const open = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > bytesMax) {
      failure.value = new Error(`${file.name} is larger than 4 MiB: that is no topology.`);
      return;
    }
    name.value = file.name;
    text.value = await file.text();
    await draw();
  };
  return (
    <section
      class={`card draw-file${over.value ? ' over' : ''}`}
      aria-label="Draw a file"
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        void open(event.dataTransfer?.files[0]);
      }}
    >
      <div class="card-head">
        <h2>Draw a topology file</h2>
        <small>drop it here, choose it, or paste its text; it is planned and not run</small>
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void draw();
        }}
      >
        <input
          type="file"
          aria-label="Topology file"
          accept=".yaml,.yml"
          onChange={(event) => void open(event.currentTarget.files?.[0])}
        />
        <textarea
          aria-label="Text of the topology"
          rows={6}
          spellcheck={false}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <button type="submit" class="tool" disabled={text.value.trim() === ''}>
          Draw
        </button>
      </form>
      {failure.value && (
        <p class="notes" role="alert">
          {visible(failure.value.message)}
        </p>
      )}
      {isTokenWanted(failure.value) && <TokenForm purpose="control" onReady={() => void draw()} />}
      {problems.value.length > 0 && <Problems problems={problems.value} text={text.value} />}
    </section>
  );
}

function Problems({ problems, text }: { problems: PlanProblem[]; text: string }) {
  const lines = text.split('\n');
  return (
    <div role="alert">
      <ol class="problems" aria-label="Problems of the file">
        {problems.map((problem) => (
          <li key={`${problem.line} ${problem.column} ${problem.what}`}>
            {problem.line > 0 && <b>{`line ${problem.line}, column ${problem.column}: `}</b>}
            {visible(problem.what)}
            {problem.line > 0 && lines[problem.line - 1] !== undefined && (
              <pre>{`${visible(lines[problem.line - 1]!)}\n${' '.repeat(Math.max(problem.column - 1, 0))}^`}</pre>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
