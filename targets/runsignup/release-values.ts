import { SyncError } from '../../sync/sync-error.ts';
import type { Content } from '../../sync/content-hash.ts';
import { textIn } from '../field-kinds.ts';
import type { Released, ReleaseRequest } from '../remote-system.ts';
import type { RunSignupApi } from './api.ts';
import { findActive } from './find-registration.ts';
import { participantFields } from './participant-fields.ts';
import { REGISTRATION_FORMS } from './registration-forms.ts';
import { registrationContent } from './registration-record.ts';
import { parseRegistrationId } from './remote-ids.ts';

/** The numbers by which a runner is timed. */
const WORN = ['bib', 'chip'] as const;

/**
 * RunSignup lets two registrations have the same number, so no write is refused and no other row asks. Therefore a
 * registration that cannot be sent as a whole gets EMS's numbers wherever it has others.
 */
export async function releaseValues(api: RunSignupApi, request: ReleaseRequest): Promise<Released | null> {
  const { type, remoteId, content } = request;
  if (type !== 'EventParticipant' || remoteId === null) return null;
  const { raceId, eventId, registrationId } = parseRegistrationId(remoteId);
  const read = async () => (await findActive(api, raceId, [eventId], registrationId))?.participant ?? null;
  const before = await read();
  if (before === null) return null;
  const fields = differing(content, registrationContent(before));
  if (fields.length === 0) return null;
  await request.willRelease();
  const values = fields.map((field) => [participantFields[field]?.at.name, written(field, content)] as const);
  await api.editParticipant(raceId, eventId, {
    registration_id: Number(registrationId),
    ...Object.fromEntries(values),
  });
  const after = await read();
  if (after === null || differing(content, registrationContent(after)).length > 0) {
    throw new SyncError('transient', `RunSignup did not take ${fields.join(', ')} of registration ${registrationId}`, {
      code: 'not-stored',
    });
  }
  const stored = registrationContent(after);
  return { kind: 'values', stored: Object.fromEntries(fields.map((field) => [field, stored[field] ?? null])) };
}

/** The numbers that differ from EMS's. A number that cannot be sent is cleared. */
const differing = (content: Content, held: Content) =>
  WORN.filter((field) => textIn(held[field]) !== null && textIn(held[field]) !== textIn(content[field]));

function written(field: (typeof WORN)[number], content: Content): string | number | null {
  const value = textIn(content[field]);
  const form = participantFields[field]?.at.form;
  return value === null || form === undefined ? null : (REGISTRATION_FORMS[form].write?.(value) ?? value);
}
