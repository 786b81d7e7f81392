import type { Store } from './store.ts';

/** Deletes the event with its registrations and teams. No feed reports it. */
export function deleteEvent(store: Store, eventId: number): void {
  for (const { registrationId } of store.list('registration', { parent: eventId })) {
    store.delete('registration', registrationId);
  }
  for (const { teamId } of store.list('team', { parent: eventId })) store.delete('team', teamId);
  store.delete('event', eventId);
}
