import type { RemoteSystem, SendRequest } from '../remote-system.ts';
import type { ConnectionServices } from '../sync-process.ts';
import { MailchimpApi } from './api.ts';
import { ArchivedMembers } from './archived-members.ts';
import { bulkCalls } from './bulk.ts';
import { mailchimpConsent } from './consent.ts';
import { heldAtMailchimp } from './held.ts';
import { releaseValues } from './release-values.ts';
import { erasePerson, optOutPerson, removePerson } from './remove-person.ts';
import { sendPerson, type Audience } from './send-person.ts';
import type { MailchimpSettings } from './settings.ts';
import { MailchimpShape } from './topics.ts';

export function connectMailchimp(settings: MailchimpSettings, services: ConnectionServices): RemoteSystem {
  const api = new MailchimpApi(settings, services);
  const shape = new MailchimpShape(api);
  const consent = mailchimpConsent(api);
  const audience = async (): Promise<Audience> => ({
    topics: await shape.topics(),
    policy: services.consentPolicy,
    lookAgain: () => shape.lookAgain(),
  });
  return {
    probe: () => api.probe(),
    assertCallable: () => api.assertCallable(),
    send: async (request: SendRequest) => {
      if (request.type !== 'Person') throw new RangeError(`MailChimp has no ${request.type} of its own`);
      return sendPerson(api, request, await audience());
    },
    bulk: bulkCalls(api, audience, new ArchivedMembers(consent)),
    remove: (request) => removePerson(api, request),
    release: (request) => releaseValues(api, request),
    optOut: (request) => optOutPerson(api, request),
    erase: (request) => erasePerson(api, request),
    consent,
    held: heldAtMailchimp(api, shape),
    shape,
  };
}
