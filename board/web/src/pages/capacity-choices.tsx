// Which server, what windows, which limits.
import { exact, visible } from '../format';
import { choice, choose } from './capacity-choice';
import { inFocus, type Capacity } from './capacity-data';
import { Amount, Pick, weeksOf } from './capacity-fields';

const windowLengths = ['30m', '1h', '2h', '3h', '4h', '6h', '8h', '12h', '24h'];

export function Choices({ data }: { data: Capacity | null }) {
  const now = choice.value;
  const servers = (data?.known ?? []).map((one) => one.server);
  const limit = data && inFocus(data)?.limit;
  return (
    <section class="card choices" aria-label="Choices">
      <Pick
        label="Server"
        value={now.server}
        options={[['', 'all together'], ...servers.map((name) => [name, visible(name)] as [string, string])]}
        onPick={(server) => choose({ server, limit: '' })}
      />
      <Pick
        label="Window"
        value={now.window}
        options={windowLengths.map((length) => [length, length])}
        onPick={(window) => choose({ window })}
      />
      <Pick
        label="in the next weeks"
        value={String(now.weeks)}
        options={weeksOf()}
        onPick={(weeks) => choose({ weeks: Number(weeks) })}
      />
      <Amount
        label={now.server === '' ? 'Limit of each server, /s' : 'Limit, /s'}
        value={now.limit}
        hint={limit ? (now.server === '' && servers.length > 1 ? `${exact(limit)} in all` : exact(limit)) : 'not known'}
        onPick={(value) => choose({ limit: value })}
      />
      <Amount
        label="not to pass, % of it"
        value={now.share}
        hint={data ? exact(data.share * 100) : ''}
        max={100}
        onPick={(share) => choose({ share })}
      />
      {servers.length > 1 && (
        <Pick
          label="What if drained"
          value={now.drain}
          options={[['', 'none'], ...servers.map((name) => [name, visible(name)] as [string, string])]}
          onPick={(drain) => choose({ drain })}
        />
      )}
    </section>
  );
}
