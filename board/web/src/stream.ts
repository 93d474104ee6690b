// The one EventSource of the page. It is closed while the page is paused or hidden and goes on with the
// last id that was seen: the server then replays what is missing, or sends a snapshot.

export type Connection = 'connecting' | 'open' | 'lost' | 'closed';

export interface StreamHandlers {
  event(name: string, data: unknown): void;
  connection(state: Connection): void;
}

const names = ['snapshot', 'panel', 'slot', 'delta', 'gap'];
const retryMs = 1000;

export class Stream {
  private source: EventSource | null = null;
  private lastId = '';
  private retry: number | undefined;

  constructor(
    private readonly url: () => string,
    private readonly handlers: StreamHandlers,
  ) {}

  open(): void {
    if (this.source || this.retry !== undefined) return;
    this.handlers.connection('connecting');
    this.connect();
  }

  close(): void {
    this.drop();
    this.handlers.connection('closed');
  }

  // Starts with a snapshot, wherever it was.
  restart(): void {
    this.forget();
    this.open();
  }

  // The next time it opens it starts with a snapshot.
  forget(): void {
    this.drop();
    this.lastId = '';
  }

  private drop(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    this.source?.close();
    this.source = null;
  }

  private connect(): void {
    this.retry = undefined;
    const url = this.url();
    const last = this.lastId ? `${url.includes('?') ? '&' : '?'}last=${encodeURIComponent(this.lastId)}` : '';
    const source = new EventSource(url + last);
    this.source = source;
    source.onopen = () => this.handlers.connection('open');
    // The browser gives up for good after some answers (503): reconnecting is ours.
    source.onerror = () => {
      if (this.source !== source) return;
      this.drop();
      this.handlers.connection('lost');
      this.retry = window.setTimeout(() => this.connect(), retryMs);
    };
    for (const name of names)
      source.addEventListener(name, (message: MessageEvent<string>) => {
        if (this.source !== source) return;
        if (message.lastEventId) this.lastId = message.lastEventId;
        this.handlers.event(name, JSON.parse(message.data));
      });
  }
}
