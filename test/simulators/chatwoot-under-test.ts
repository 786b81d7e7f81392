import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type StartedChatwoot, startChatwoot } from '../../simulators/chatwoot/start.ts';

export interface ContactAnswer {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
  readonly phone_number: string | null;
  readonly identifier: string | null;
  readonly custom_attributes: Readonly<Record<string, unknown>>;
}

/** A ChatWoot for one test file: started before it, emptied after each test, always ended after it. */
export function chatwootUnderTest() {
  let started: StartedChatwoot | undefined;
  beforeAll(async () => {
    started = await startChatwoot({ token: 'secret' });
  });
  afterEach(async () => {
    await started?.control.reset();
  });
  afterAll(async () => {
    await started?.stop();
  });
  const running = (): StartedChatwoot => {
    if (started === undefined) throw new Error('ChatWoot is started before the tests of a file, not while it is read.');
    return started;
  };

  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${running().url}/api/v1/accounts/1${path}`, {
      method,
      headers: { api_access_token: 'secret', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  /** The answer's status and body. */
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await call(method, path, body);
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  };

  const createContact = async (set: object): Promise<ContactAnswer> => {
    const { status, body } = await ask('POST', '/contacts', set);
    if (status !== 200) throw new Error(`The contact was refused: ${JSON.stringify(body)}`);
    return body.payload.contact;
  };

  const contact = async (id: number): Promise<ContactAnswer> => (await ask('GET', `/contacts/${id}`)).body.payload;

  return {
    call,
    ask,
    createContact,
    contact,
    get control() {
      return running().control;
    },
    get url() {
      return running().url;
    },
  };
}
