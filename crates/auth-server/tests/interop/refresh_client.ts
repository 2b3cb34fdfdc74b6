// A client that stays signed in: one refresh at a time, and a lost answer is asked for again.

export interface Tokens {
  access_token: string;
  refresh_token: string;
}

/** Where the tokens are: local storage in a browser, shared by its tabs; a file, or memory, elsewhere. */
export interface TokenStore {
  load(): Tokens | null;
  save(tokens: Tokens | null): void;
}

/** The session is over: ask for the password. */
export class SignedOut extends Error {}

export class Session {
  #refreshing: Promise<Tokens> | null = null;

  constructor(
    private readonly server: string,
    private readonly store: TokenStore,
    private readonly send: typeof fetch = fetch,
  ) {}

  /** As `fetch`, with a token; refreshed once where the server says that it is not good any more. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const tokens = this.store.load();
    if (tokens === null) throw new SignedOut();
    const response = await this.#authorized(url, init, tokens);
    if (response.status !== 401) return response;
    return this.#authorized(url, init, await this.refresh(tokens));
  }

  /** The tokens after `stale`. However many ask at once, one request is sent. */
  refresh(stale: Tokens): Promise<Tokens> {
    const current = this.store.load();
    if (current === null) return Promise.reject(new SignedOut());
    // Another tab was faster: its answer is in the store.
    if (current.refresh_token !== stale.refresh_token) return Promise.resolve(current);
    this.#refreshing ??= this.#exchange(current).finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** The same token may be sent again: the server repeats its answer for `session.retry_window`. */
  async #exchange(tokens: Tokens): Promise<Tokens> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#token(tokens.refresh_token).catch((lost: unknown) => {
        if (attempt === 5) throw lost;
        return null;
      });
      if (response?.ok) {
        const next = (await response.json()) as Tokens;
        this.store.save(next);
        return next;
      }
      if (response?.status === 401) {
        this.store.save(null);
        throw new SignedOut();
      }
      if (response !== null && (response.status !== 503 || attempt === 5)) {
        throw new Error(`the refresh was answered with ${response.status}`);
      }
      const seconds = Number(response?.headers.get('Retry-After') ?? 2 ** attempt / 10);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }

  #token(refresh_token: string): Promise<Response> {
    return this.send(`${this.server}/v1/users/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ grant_type: 'refresh_token', refresh_token }),
    });
  }

  #authorized(url: string, init: RequestInit, { access_token }: Tokens): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${access_token}`);
    return this.send(url, { ...init, headers });
  }
}
