import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type StartOptions, type StartedMailchimp, startMailchimp } from '../../simulators/mailchimp/start.ts';

/** The parts of a member's answer that tests read. */
export interface MemberAnswer extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly email_address: string;
  readonly contact_id: string;
  readonly status: string;
  readonly merge_fields: Readonly<Record<string, unknown>>;
  readonly interests: Readonly<Record<string, boolean>>;
  readonly tags: readonly { readonly id: number; readonly name: string }[];
  readonly last_changed: string;
}

/** A list with EMS's fields and two topics, as ems-sync needs it. */
const withFields = {
  mergeFields: [{ tag: 'EMSID' }, { tag: 'BDATE', type: 'date' as const }],
  interestCategories: [{ title: 'EMS topics', interests: ['NEWSLETTER', 'OFFERS'] }],
};

/** A Mailchimp for one test file: started before it, emptied after each test, ended after it. */
export function mailchimpUnderTest(options: StartOptions = {}) {
  let started: StartedMailchimp | undefined;
  beforeAll(async () => {
    started = await startMailchimp({ ...options, setup: { ...withFields, ...options.setup } });
  });
  afterEach(async () => {
    await started?.control.reset();
  });
  afterAll(async () => {
    await started?.stop();
  });
  const running = (): StartedMailchimp => {
    if (started === undefined)
      throw new Error('Mailchimp is started before the tests of a file, not while it is read.');
    return started;
  };

  /** Calls a path that begins with `/3.0`. */
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${running().url}${path}`, {
      method,
      headers: { authorization: `Bearer ${running().key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  /** Calls a path below the list; returns status and body. */
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await call(method, `/3.0/lists/${running().list}${path}`, body);
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };

  /** Throws the refusal. */
  const put = async (
    email: string,
    set: object = {},
    { status = 'subscribed', query = '' }: { readonly status?: string; readonly query?: string } = {},
  ): Promise<MemberAnswer> => {
    const answer = await ask('PUT', `/members/${encodeURIComponent(email)}${query}`, {
      email_address: email,
      status_if_new: status,
      ...set,
    });
    if (answer.status !== 200) throw new Error(`Not put: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

  const get = async (member: string): Promise<MemberAnswer> =>
    (await ask('GET', `/members/${encodeURIComponent(member)}`)).body;

  /** The refusal's title, and the fields it names. */
  const refusal = async (method: string, path: string, body?: unknown) => {
    const answer = await ask(method, path, body);
    return [
      answer.status,
      answer.body.title,
      ...(answer.body.errors ?? []).map(({ field }: { field: string }) => field),
    ];
  };

  return {
    call,
    ask,
    put,
    get,
    refusal,
    get control() {
      return running().control;
    },
    get started() {
      return running();
    },
  };
}
