import type { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';
import { notJson, parseJson, readValue } from '../answer.ts';
import { assertAbout } from '../assert-about.ts';
import { apiAddress } from '../api-address.ts';
import { CallRate } from '../call-rate.ts';
import { HttpClient, type HttpAnswer } from '../http.ts';
import { retryAfterMs } from '../retry-after.ts';
import {
  corralAnswer,
  corralList,
  detailedError,
  errorEnvelope,
  participantsPage,
  race,
  removedPage,
  userAnswer,
  writeAnswer,
  writtenEntries,
  type Corral,
  type Race,
  type User,
} from './answers.ts';
import { RunSignupError } from './error-table.ts';
import type { RunSignupSettings } from './settings.ts';

type Query = Readonly<Record<string, string | number>>;

/** The unparsed rows of one event; each is parsed separately. */
export interface EventRows {
  readonly eventId: string;
  readonly rows: readonly unknown[];
}

/** One edition of a race. */
export interface EditionId {
  readonly raceId: string;
  readonly daysId: string;
}

/** Pages of participants and edits of a race are slow at RunSignup. */
const REQUEST_TIMEOUT_MS = 30_000;

/** A page has up to 1,000 registrations, of a few kilobytes each. */
const MOST_BYTES = 16 * 2 ** 20;

/**
 * Required in the form of every participant write. `F`: an edit names its registration and cannot create a duplicate,
 * and a namesake in the event must not prevent anybody's bib.
 */
const RESTRICT_POTENTIAL_DUP = 'F';

/**
 * RunSignup's REST API. Every answer is validated, and every error has a class. Messages contain no URL, because it
 * contains the key.
 */
export class RunSignupApi {
  readonly #http: HttpClient;
  readonly #key: Query;
  readonly #rate: CallRate;

  constructor(settings: RunSignupSettings) {
    const { RUNSIGNUP_REG_ID: caller, RUNSIGNUP_REG_SECRET: callerSecret } = settings;
    this.#key = { rsu_api_key: settings.RUNSIGNUP_API_KEY, ...(caller === undefined ? {} : { rsu_api_reg: caller }) };
    this.#rate = new CallRate(settings.RUNSIGNUP_CALLS_PER_MINUTE);
    this.#http = new HttpClient({
      target: 'RunSignup',
      url: baseUrl(settings.RUNSIGNUP_URL),
      setting: 'RUNSIGNUP_URL',
      headers: {
        'x-rsu-api-secret': settings.RUNSIGNUP_API_SECRET,
        ...(callerSecret === undefined ? {} : { 'x-rsu-api-reg-secret': callerSecret }),
      },
      timeoutMs: REQUEST_TIMEOUT_MS,
      mostBytes: MOST_BYTES,
    });
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#http.assertCallable();
  }

  /** @throws SyncError if an authorised call fails. */
  async probe(): Promise<void> {
    await this.#get('races', { results_per_page: 1 });
  }

  /** A race with all its events. @throws RunSignupError 201 if there is none. */
  async race(raceId: string): Promise<Race> {
    const path = `race/${raceId}`;
    const found = read(race, await this.#get(path, { include_event_days: 'T' }), `GET ${path}`).race;
    about(path, 'race_id', { asked: raceId, answered: found.race_id });
    return found;
  }

  /**
   * Active registrations by event, in order of id. @throws RunSignupError 201 or 15 if race or event does not exist.
   */
  async participants(
    raceId: string,
    eventIds: readonly string[],
    { after, since, limit }: { readonly after?: string; readonly since?: number; readonly limit: number },
  ): Promise<EventRows[]> {
    const path = `race/${raceId}/participants`;
    const answer = await this.#get(path, {
      event_id: eventIds.join(','),
      results_per_page: limit,
      sort: 'registration_id ASC',
      // Without it, the gender X is not shown.
      supports_nb: 'T',
      ...(after === undefined ? {} : { after_registration_id: after }),
      ...(since === undefined ? {} : { modified_after_timestamp: since }),
    });
    const events = read(participantsPage, answer, `GET ${path}`);
    for (const { event } of events) areAbout(path, eventIds, event.event_id);
    return events.map(({ event, participants }) => ({ eventId: event.event_id, rows: participants }));
  }

  /** Registrations that were cleared, removed, transferred or deferred, by event. */
  async removedParticipants(
    raceId: string,
    eventIds: readonly string[],
    { page, since, limit }: { readonly page: number; readonly since?: number; readonly limit: number },
  ): Promise<EventRows[]> {
    const path = `race/${raceId}/removed-participants`;
    const answer = await this.#get(path, {
      event_id: eventIds.join(','),
      results_per_page: limit,
      page,
      sort: 'registration_id ASC',
      condensed_format: 'F',
      supports_nb: 'T',
      ...(since === undefined ? {} : { modified_after_timestamp: since }),
    });
    const events = read(removedPage, answer, `GET ${path}`);
    for (const { event } of events) areAbout(path, eventIds, event.event_id);
    return events.map(({ event }) => ({ eventId: event.event_id, rows: event.participants }));
  }

  /** @throws RunSignupError 101 if there is none. */
  async user(userId: string): Promise<User> {
    const path = `user/${userId}`;
    const found = read(userAnswer, await this.#get(path, { supports_nb: 'T' }), `GET ${path}`).user;
    about(path, 'user_id', { asked: userId, answered: found.user_id });
    return found;
  }

  /**
   * Edits one registration: absent fields are kept, null clears. A success proves little: read back what matters.
   *
   * @throws RunSignupError also for an error of only this entry inside a successful answer.
   */
  async editParticipant(
    raceId: string,
    eventId: string,
    entry: Readonly<Record<string, unknown>> & { readonly registration_id: number },
  ): Promise<void> {
    const path = `race/${raceId}/participants`;
    const form = { restrict_potential_dup: RESTRICT_POTENTIAL_DUP };
    const answer = await this.#post(path, { event_id: eventId }, { participants: [entry] }, form);
    const entries = writtenEntries.safeParse(answer);
    for (const written of entries.success ? entries.data.participants : []) throwIfError(written, `POST ${path}`);
  }

  /** Replaces a whole race; events that are left out are kept. */
  async replaceRace(raceId: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#post('race', { race_id: raceId, preserve_missing_events: 'T' }, body);
  }

  /** The corrals of one edition of a race. */
  async corrals({ raceId, daysId }: EditionId): Promise<Corral[]> {
    const path = `race/${raceId}/corrals`;
    return read(corralList, await this.#get(path, { race_event_days_id: daysId }), `GET ${path}`);
  }

  /** Creates corrals, and replaces those with an id. */
  async writeCorrals(
    { raceId, daysId }: EditionId,
    corrals: readonly Readonly<Record<string, unknown>>[],
  ): Promise<void> {
    const path = 'v2/corrals/manage-corrals.json';
    const query = { race_id: raceId, race_event_days_id: daysId };
    read(corralAnswer, await this.#post(path, query, { race_corrals: corrals }), `POST ${path}`);
  }

  #get(path: string, query: Query): Promise<unknown> {
    return this.#call('GET', path, query);
  }

  async #post(path: string, query: Query, request: unknown, form: Record<string, string> = {}): Promise<unknown> {
    const answer = await this.#call('POST', path, query, { ...form, request: JSON.stringify(request) });
    return read(writeAnswer, answer, `POST ${path}`);
  }

  /** Waits for its turn; if RunSignup throttles, none of this worker's calls goes out for a while. */
  async #call(method: 'GET' | 'POST', path: string, query: Query, form?: Record<string, string>): Promise<unknown> {
    await this.#rate.turn('RunSignup');
    try {
      const answer = await this.#answer(method, path, query, form);
      this.#rate.resume();
      return answer;
    } catch (error) {
      if (isThrottled(error)) this.#rate.pause(error.retryAfterMs);
      throw error;
    }
  }

  async #answer(method: 'GET' | 'POST', path: string, query: Query, form?: Record<string, string>): Promise<unknown> {
    // Both formats must be set, because the default of each is XML.
    const searchParams = { ...query, ...this.#key, format: 'json', request_format: 'json' };
    return readBody(await this.#http.call({ method, path, searchParams, ...(form === undefined ? {} : { form }) }));
  }
}

const read = <T>(schema: z.ZodType<T>, value: unknown, what: string): T =>
  readValue(schema, value, { target: 'RunSignup', what });

const about = (path: string, field: string, ids: { readonly asked: string; readonly answered: string }) =>
  assertAbout({ target: 'RunSignup', what: `GET ${path}` }, { field, ...ids });

/** Rows of an event that was not asked for belong to another answer. */
const areAbout = (path: string, eventIds: readonly string[], answered: string) =>
  about(path, 'event_id', { asked: eventIds.find((id) => id === answered) ?? eventIds.join(','), answered });

/** The vendor's address ends in /rest; append it if it is missing. */
function baseUrl(url: string): string {
  const base = apiAddress(url);
  return /\/rest$/i.test(base) ? base : `${base}/rest`;
}

/**
 * Returns the answer. An error may come with HTTP 200 or a status of its own, so errors are checked first.
 *
 * @throws RunSignupError for the vendor's own errors, SyncError for everything that is not an answer of its API.
 */
function readBody(answer: HttpAnswer): unknown {
  const { what, status, headers, body } = answer;
  const json = parseJson(body);
  const wait = retryAfterMs(headers['retry-after']);
  // An error with its own status but without RunSignup's code may come from a gateway before it.
  if (status === 200) throwIfError(json, what, wait);
  else throwIfCoded(json, what, wait);
  const xmlCode = XML_ERROR.exec(body.slice(0, LONGEST_XML_ERROR))?.[1];
  if (xmlCode !== undefined) throw new RunSignupError(Number(xmlCode), what, { askedMs: wait });
  if (status === 200 && json !== undefined) return json;

  const options = { code: `http-${status}`, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  const said = `RunSignup answered ${what} with ${status}`;
  if (status === 401 || status === 403) throw new SyncError('target-down', `${said}: check RUNSIGNUP_API_KEY`, options);
  if (status >= 500 || status === 429 || status === 408) throw new SyncError('transient', said, options);
  // A page of the CDN, or of a maintenance.
  if (json === undefined) throw notJson(answer);
  throw new SyncError('contract', said, options);
}

/** Anchored and with bounded texts, so it takes linear time. */
const XML_ERROR = /^\s*<(?!!doctype|html).*?<error_code>(\d{1,6})<\/error_code>/is;

const LONGEST_XML_ERROR = 10_000;

const isThrottled = (error: unknown): error is SyncError =>
  error instanceof SyncError && (error.code === 'runsignup-14' || error.code === 'http-429');

function throwIfError(answer: unknown, what: string, askedMs?: number): void {
  throwIfCoded(answer, what, askedMs);
  if (hasError(answer)) {
    throw new SyncError('contract', `RunSignup answered ${what} with an error that has no code`, {
      code: 'contract',
      field: 'error',
    });
  }
}

function throwIfCoded(answer: unknown, what: string, askedMs?: number): void {
  const details = detailedError.safeParse(answer);
  const [detail] = details.success ? details.data : [];
  if (detail !== undefined) {
    throw new RunSignupError(detail.error_code, what, { otherId: idIn(detail.detailed_desc), askedMs });
  }
  const parsed = errorEnvelope.safeParse(answer);
  if (parsed.success) throw new RunSignupError(parsed.data.error.error_code, what, { askedMs });
}

function hasError(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'error' in answer && answer.error !== null;
}

/** The number in a text, if there is exactly one; the text may also contain a name. */
function idIn(text: unknown): string | null {
  const numbers =
    typeof text === 'string' || typeof text === 'number' ? String(text).slice(0, 200).match(/\d+/g) : null;
  return numbers?.length === 1 && /^[1-9]\d{0,14}$/.test(numbers[0]) ? numbers[0] : null;
}
