// A card that holds one table, wide enough to be scrolled sideways, also by keyboard.
import type { ComponentChildren } from 'preact';

export interface Column {
  name: string;
  word?: boolean; // its cells are words, not numbers
  help?: string; // what it means
  unseen?: boolean; // told to assistive technology only
}

export interface TableCardProps {
  name: string; // of the card
  title?: string; // if it reads otherwise
  note?: ComponentChildren;
  label: string; // of the table
  columns: (Column | string | false)[];
  children: ComponentChildren; // the rows
}

export function TableCard({ name, title, note, label, columns, children }: TableCardProps) {
  return (
    <section class="card" aria-label={name}>
      <div class="card-head">
        <h2>{title ?? name}</h2>
        {note !== undefined && <small>{note}</small>}
      </div>
      <WideTable label={label} columns={columns}>
        {children}
      </WideTable>
    </section>
  );
}

export function WideTable({ label, columns, children }: Pick<TableCardProps, 'label' | 'columns' | 'children'>) {
  return (
    <div class="wide" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>{columns.map((column, i) => column && <Head key={i} {...asColumn(column)} />)}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

const asColumn = (column: Column | string): Column => (typeof column === 'string' ? { name: column } : column);

function Head({ name, word, help, unseen }: Column) {
  return (
    <th scope="col" class={word ? 'word' : undefined} title={help}>
      {unseen ? <span class="unseen">{name}</span> : name}
    </th>
  );
}
