// Fields that a choice is made with.
import { visible } from '../format';

interface PickProps {
  label: string;
  value: string;
  options: [value: string, text: string][];
  onPick: (value: string) => void;
}

// Beside its field and not around it: the name of the field is then its label alone, without the options.
function idOf(label: string): string {
  return 'choose-' + label.toLowerCase().replace(/[^a-z]+/g, '-');
}

export function Pick({ label, value, options, onPick }: PickProps) {
  // What the address says is shown even if it is not among what is offered.
  const all = options.some(([one]) => one === value)
    ? options
    : [...options, [value, visible(value)] as [string, string]];
  return (
    <div class="choice">
      <label for={idOf(label)}>{label}</label>
      <select id={idOf(label)} value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {all.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface AmountProps {
  label: string;
  value: string;
  hint: string;
  max?: number;
  onPick: (value: string) => void;
}

export function Amount({ label, value, hint, max, onPick }: AmountProps) {
  return (
    <div class="choice">
      <label for={idOf(label)}>{label}</label>
      <input
        id={idOf(label)}
        type="number"
        min={0}
        max={max}
        step="any"
        value={value}
        placeholder={hint}
        onChange={(event) => event.currentTarget.validity.valid && onPick(event.currentTarget.value)}
      />
    </div>
  );
}

const weekCounts = [1, 2, 4, 8, 13, 26, 52];

export function weeksOf(): [string, string][] {
  return weekCounts.map((weeks) => [String(weeks), String(weeks)]);
}
