import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type StartedMautic, startMautic } from '../../simulators/mautic/start.ts';

export interface ContactAnswer {
  readonly id: number | null;
  readonly dateAdded: string;
  readonly dateModified: string | null;
  readonly dateIdentified: string | null;
  readonly tags: readonly { readonly tag: string }[];
  readonly doNotContact: readonly { readonly channel: string; readonly reason: number; readonly comments: string }[];
  readonly fields: { readonly all: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;
}

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** A Mautic with EMS's fields for one test file: started before it, emptied after each test, ended after it. */
export function mauticUnderTest() {
  let started: StartedMautic | undefined;
  beforeAll(async () => {
    started = await startMautic();
  });
  beforeEach(async () => {
    const field = { isUniqueIdentifier: true, type: 'text' };
    await started?.control.backdoor({
      do: 'create-field',
      field: { ...field, label: 'EMS person', alias: 'ems_person_id' },
    });
    await started?.control.backdoor({
      do: 'create-field',
      field: { type: 'textarea', label: 'Events', alias: 'ems_events' },
    });
  });
  afterEach(async () => {
    await started?.control.reset();
  });
  afterAll(async () => {
    await started?.stop();
  });
  const running = (): StartedMautic => {
    if (started === undefined) throw new Error('Mautic is started before the tests of a file, not while it is read.');
    return started;
  };

  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${running().url}/api${path}`, {
      method,
      headers: {
        authorization: basic(running().username, running().password),
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  /** The answer's status and body. */
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await call(method, path, body);
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  };

  const create = async (set: object): Promise<ContactAnswer & { readonly id: number }> => {
    const { status, body } = await ask('POST', '/contacts/new', set);
    if (status !== 201) throw new Error(`Not created: ${status} ${JSON.stringify(body)}`);
    return body.contact;
  };

  const read = async (id: number): Promise<ContactAnswer> => (await ask('GET', `/contacts/${id}`)).body.contact;

  /** The values of one contact. */
  const valuesOf = async (id: number) => (await read(id)).fields.all;

  return {
    call,
    ask,
    create,
    read,
    valuesOf,
    get control() {
      return running().control;
    },
    get started() {
      return running();
    },
  };
}
