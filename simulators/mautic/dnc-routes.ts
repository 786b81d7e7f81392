import type { FastifyInstance } from 'fastify';
import { contactWithoutAll } from './contact-shape.ts';
import { changeContact, findContact } from './contact-writes.ts';
import { dncOf, withDnc, withoutDnc } from './do-not-contact.ts';
import { answer, bodyOf, did, idOf, paramOf } from './http.ts';
import type { Mautic } from './mautic.ts';
import { toInt } from './php.ts';
import { MANUAL } from './records.ts';
import { badRequest } from './refusal.ts';

/** Do-not-contact: whether and why a contact must not be contacted over a channel. */
export function addDncRoutes(scope: FastifyInstance, mautic: Mautic): void {
  scope.post('/contacts/:id/dnc/:channel/add', async (request, reply) => {
    const contact = findContact(mautic, idOf(request));
    const { reason = MANUAL, comments, channelId } = bodyOf(request);
    const added = {
      channel: paramOf(request, 'channel'),
      reason: toInt(reason),
      comments: typeof comments === 'string' ? comments : '',
      channelId: toInt(channelId) === 0 ? null : toInt(channelId),
    };
    if (added.reason === 0) {
      throw badRequest('Invalid reason code given', ['Reason code needs to be an integer and higher than 0.']);
    }
    const after = changeContact(mautic, contact, { doNotContact: withDnc(mautic, contact.doNotContact, added) });
    did(request, after === contact ? 'unchanged' : 'do-not-contact added');
    return answer(reply, { contact: contactWithoutAll(mautic, after) });
  });

  scope.post('/contacts/:id/dnc/:channel/remove', async (request, reply) => {
    const contact = findContact(mautic, idOf(request));
    const channel = paramOf(request, 'channel');
    const recordFound = dncOf(contact.doNotContact, channel) !== undefined;
    const after = changeContact(mautic, contact, { doNotContact: withoutDnc(contact.doNotContact, channel) });
    did(request, recordFound ? 'do-not-contact removed' : 'unchanged');
    return answer(reply, { recordFound, contact: contactWithoutAll(mautic, after) });
  });
}
