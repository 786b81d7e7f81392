import type { Store } from './store.ts';

/** Really gone: the event, its registrations, its teams. No feed tells of it. */
export function deleteEvent(store: Store, eventId: number): void {
  for (const { registrationId } of store.list('registration', { parent: eventId })) {
    store.delete('registration', registrationId);
  }
  for (const { teamId } of store.list('team', { parent: eventId })) store.delete('team', teamId);
  store.delete('event', eventId);
}
