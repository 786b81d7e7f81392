import type { RemoteSystem, SendRequest } from '../remote-system.ts';
import type { ConnectionServices } from '../sync-process.ts';
import { MauticApi } from './api.ts';
import { bulkCalls } from './bulk.ts';
import { mauticConsent } from './consent.ts';
import { heldAtMautic } from './held.ts';
import { releaseValues } from './release-values.ts';
import { erasePerson, optOutPerson, removePerson } from './remove-person.ts';
import { sendPerson } from './send-person.ts';
import type { MauticSettings } from './settings.ts';
import { MauticShape } from './shape.ts';

export function connectMautic(settings: MauticSettings, { consentPolicy }: ConnectionServices): RemoteSystem {
  const api = new MauticApi(settings);
  const shape = new MauticShape(api);
  const ensure = () => shape.ensure();
  return {
    probe: () => api.probe(),
    assertCallable: () => api.assertCallable(),
    send: async (request: SendRequest) => {
      if (request.type !== 'Person') throw new RangeError(`Mautic has no ${request.type} of its own`);
      await ensure();
      return sendPerson(api, request, consentPolicy);
    },
    bulk: bulkCalls(api, consentPolicy, ensure),
    remove: (request) => removePerson(api, request),
    release: (request) => releaseValues(api, request),
    optOut: (request) => optOutPerson(api, request),
    erase: (request) => erasePerson(api, request),
    consent: mauticConsent(api),
    held: heldAtMautic(api),
    shape,
  };
}
