import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { startChatwoot, type ChatwootFaults, type StartedChatwoot } from '../../../simulators/chatwoot/start.ts';
import type { Content } from '../../../sync/content-hash.ts';
import type { EntityType } from '../../../sync/entity-type.ts';
import type { InboundSource } from '../../../targets/inbound-source.ts';
import type { EraseRequest, RemoteSystem, RemoveRequest, SendRequest } from '../../../targets/remote-system.ts';
import { ContactIdentity } from '../../../targets/chatwoot/contact-identity.ts';
import { unlimitedConnections } from '../../../targets/unlimited-connections.ts';
import { chatwoot as target } from '../../../targets/chatwoot/process.ts';

export const KEYS = [new Uint8Array(32).fill(7)];

/** The identifier of a person's contact. */
export const identifierOf = (key: string): string => new ContactIdentity(KEYS, { trusted: false }).identifierOf(key);

export const TOKEN = 'token-of-an-administrator';

/** A ChatWoot for one test file, emptied after each test, with a new connection for each test. */
export function chatwootUnderTest(settings: Readonly<Record<string, string>> = {}) {
  let started: StartedChatwoot | undefined;
  let remote: RemoteSystem | undefined;
  const running = (): StartedChatwoot => {
    if (started === undefined) throw new Error('ChatWoot is started before the tests of a file, not while it is read.');
    return started;
  };
  const connect = (changed: Readonly<Record<string, string>> = {}): RemoteSystem =>
    target.connect(
      target.settings.parse({
        CHATWOOT_URL: running().url,
        CHATWOOT_ACCOUNT_ID: '1',
        CHATWOOT_TOKEN: TOKEN,
        CHATWOOT_INBOX_ID: '1',
        ...settings,
        ...changed,
      }),
      unlimitedConnections('ratchet', KEYS),
    );
  beforeAll(async () => {
    started = await startChatwoot({ token: TOKEN, requestsPerMinute: 1_000_000 });
  });
  beforeEach(() => {
    remote = connect();
  });
  afterEach(async () => {
    await started?.control.reset();
  });
  afterAll(async () => {
    await started?.stop();
  });

  const connected = (): RemoteSystem => {
    if (remote === undefined) throw new Error('the connection is made before each test');
    return remote;
  };
  const inbound = (): InboundSource => {
    const { inbound: source } = connected();
    if (source === undefined) throw new Error('ChatWoot is read');
    return source;
  };
  const send = (type: EntityType, key: string, content: Content, more: Partial<SendRequest> = {}) =>
    connected().send({
      type,
      key,
      content,
      remoteId: null,
      references: new Map(),
      fencingToken: 1n,
      release: false,
      ...more,
    });

  return {
    connect,
    /** From here on contacts are trusted, and the website inbox validates its visitors. */
    trustContacts: async () => {
      await running().control.setSettings({ hmacMandatory: [3] });
      remote = connect({ CHATWOOT_TRUST_CONTACTS: 'true' });
    },
    send,
    /** Acts like the engine: what was found instead of created is sent as an update. */
    sendPerson: async (key: string, content: Content, more: Partial<SendRequest> = {}) => {
      const fields = { ...NOBODY, ...content, ems_person_id: key };
      const result = await send('Person', key, fields, more);
      return result.kind === 'found' ? send('Person', key, fields, { ...more, remoteId: result.remoteId }) : result;
    },
    inbound,
    remove: (type: EntityType, key: string, remoteId: string | null, more: Partial<RemoveRequest> = {}) =>
      connected().remove({ type, key, remoteId, fencingToken: 2n, ...more }),
    erase: (key: string, remoteId: string | null, addresses: EraseRequest['addresses']) =>
      connected().erase?.({ type: 'Person', key, remoteId, addresses, fencingToken: 2n }),
    probe: () => connected().probe(),
    contact: async (id: string | number) => (await running().control.state()).contacts[String(id)],
    get control() {
      return running().control;
    },
  };
}

/** A person with no values in EMS. */
export const NOBODY: Content = {
  name: null,
  email: null,
  phone_number: null,
  ems_person_id: null,
  ems_events: null,
  ems_language: null,
  ems_club: null,
};

export const ANA: Content = {
  name: 'Ana Silva',
  email: 'ana@clube.example',
  phone_number: '+351912345678',
  ems_person_id: '4711',
  ems_events: 'Night Run, Porto Marathon',
  ems_language: 'pt',
  ems_club: 'Clube de Atletismo',
};

/** The next create takes effect, but its answer is lost; the look-up before it finds nothing. */
export function createLost(resource: 'contacts' | 'conversations'): ChatwootFaults {
  const prefix = `/api/v1/accounts/1/${resource}`;
  return {
    respond: { match: { prefix: `${prefix}/filter` }, status: 200, body: { meta: {}, payload: [] }, times: 1 },
    failAfter: { match: { method: 'POST', prefix }, times: 1 },
  };
}
