import { readAnswer } from '../answer.ts';
import type { HttpClient } from '../http.ts';
import { token } from './answers.ts';
import { refusal } from './refusal.ts';
import type { MauticSettings } from './settings.ts';

/** A token is renewed this long before it expires, so that it stays valid during a call. */
const EARLY_MS = 60_000;

/** How calls authenticate. */
export interface Credentials {
  header(): Promise<string>;
  /** The header was refused, so the next one must be new. @returns false if there is no other. */
  renew(refused: string): boolean;
}

export function credentialsOf(settings: MauticSettings, http: HttpClient): Credentials {
  const { MAUTIC_USERNAME: user, MAUTIC_PASSWORD: password } = settings;
  if (user !== undefined && password !== undefined) {
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return { header: async () => basic, renew: () => false };
  }
  return new Tokens(settings, http);
}

/** OAuth2 client credentials: one token for all calls, and one refresh for all calls that find it expired. */
class Tokens implements Credentials {
  readonly #settings: MauticSettings;
  readonly #http: HttpClient;
  #known: { readonly header: string; readonly until: number } | null = null;
  #fetching: Promise<string> | null = null;

  constructor(settings: MauticSettings, http: HttpClient) {
    this.#settings = settings;
    this.#http = http;
  }

  async header(): Promise<string> {
    if (this.#known !== null && performance.now() < this.#known.until) return this.#known.header;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  renew(refused: string): boolean {
    // Another call has already renewed it.
    if (this.#known?.header === refused) this.#known = null;
    return true;
  }

  async #fetch(): Promise<string> {
    const { MAUTIC_CLIENT_ID: client_id = '', MAUTIC_CLIENT_SECRET: client_secret = '' } = this.#settings;
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    const answer = await this.#http.call({ method: 'POST', path: 'oauth/v2/token', form });
    if (answer.status !== 200) throw refusal(answer);
    const { access_token, expires_in } = readAnswer(token, answer);
    const header = `Bearer ${access_token}`;
    this.#known = { header, until: performance.now() + Math.max(0, expires_in * 1_000 - EARLY_MS) };
    return header;
  }
}
