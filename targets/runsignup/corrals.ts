import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { Corral } from './answers.ts';
import type { EditionId, RunSignupApi } from './api.ts';
import { notStored } from './not-stored.ts';
import { editionOf, type ReadEvent, type ReadRace } from './read-race.ts';
import { singleSpaced } from './texts.ts';
import { parseMinute, wallOf } from './times.ts';

/** A start group in RunSignup's terms. */
interface Wanted {
  readonly name: string;
  readonly startDescription: string | null;
  /** 1 is the first. */
  readonly place: number;
}

/**
 * Brings an event's corrals to EMS's start groups. They are read first, so that each is edited by its id and none is
 * created twice. A corral without a start group is kept.
 *
 * @throws SyncError of class `rejected` if it is unclear which corral is which.
 */
export async function sendCorrals(
  api: RunSignupApi,
  race: ReadRace,
  event: ReadEvent,
  content: Content,
): Promise<void> {
  const wanted = wantedCorrals(race, event, content);
  if (wanted.length === 0) return;
  const edition = { raceId: race.raceId, daysId: event.daysId };
  const held = ofEvent(await api.corrals(edition), race, event);
  const entries = wanted
    .map((one) => ({ one, corral: corralFor(one, wanted, held, event) }))
    .filter(({ one, corral }) => corral === undefined || !isEqual(one, corral))
    .map(({ one, corral }) => entryOf(one, corral, event));
  if (entries.length === 0) return;
  await api.writeCorrals(edition, entries);
  await assertStored(api, edition, wanted);
}

/** A start group without a name is ignored. */
function wantedCorrals({ raceId, zone }: ReadRace, { eventId }: ReadEvent, { corrals }: Content): Wanted[] {
  if (!Array.isArray(corrals)) return [];
  const wanted = corrals.flatMap((corral: unknown, index) => {
    const { name, startsOn } = corral as { readonly name?: string | null; readonly startsOn?: string | null };
    if (name === null || name === undefined) return [];
    const start = startsOn ? wallOf(parseMinute(startsOn), zone).toString().slice(11, 16) : null;
    return [{ name, startDescription: start, place: index + 1 }];
  });
  if (new Set(wanted.map(({ name }) => keyOf(name))).size === wanted.length) return wanted;
  throw ambiguous(`race/${raceId} would have two corrals of one name in event ${eventId}: rename a start group`);
}

/**
 * The corrals that may belong to this event. If RunSignup does not return a corral's events, those of an edition with
 * several events cannot be told apart.
 */
function ofEvent(corrals: readonly Corral[], race: ReadRace, { eventId, daysId }: ReadEvent): readonly Corral[] {
  const known = corrals.filter(({ applicable_event_ids: events }) => events?.includes(eventId));
  const unknown = corrals.filter(({ applicable_event_ids: events }) => events === null || events === undefined);
  if (unknown.length === 0 || editionOf(race, daysId).length <= 1) return [...known, ...unknown];
  throw ambiguous(
    `RunSignup does not tell which events of race/${race.raceId} its corrals are for: enter them there, and unset RUNSIGNUP_WRITE_CORRALS`,
  );
}

/**
 * Matched by name; a renamed start group matches the corral at its place if that belongs only to this event and has an
 * outdated name.
 */
function corralFor(
  one: Wanted,
  wanted: readonly Wanted[],
  held: readonly Corral[],
  event: ReadEvent,
): Corral | undefined {
  const named = held.filter((corral) => keyOf(nameOf(corral)) === keyOf(one.name));
  if (named.length > 1) throw ambiguous(`event ${event.eventId} has several corrals of one name: leave one of them`);
  const isWanted = (corral: Corral) => wanted.some(({ name }) => keyOf(name) === keyOf(nameOf(corral)));
  return (
    named[0] ??
    held.find(
      (corral) => corral.sort_order === one.place && corral.applicable_event_ids?.length === 1 && !isWanted(corral),
    )
  );
}

/** A property that is not returned counts as different. */
function isEqual({ name, startDescription, place }: Wanted, corral: Corral): boolean {
  return (
    nameOf(corral) === name &&
    corral.corral_start_desc !== undefined &&
    singleSpaced(corral.corral_start_desc) === startDescription &&
    corral.sort_order === place
  );
}

/** An edit resets what it leaves out, so RunSignup's other values are sent back. */
function entryOf(
  { name, startDescription, place }: Wanted,
  corral: Corral | undefined,
  { eventId }: ReadEvent,
): Readonly<Record<string, unknown>> {
  return {
    race_corral_id: corral === undefined ? null : Number(corral.race_corral_id),
    corral_name: name,
    corral_start_desc: startDescription,
    ...(corral?.corral_desc == null ? {} : { corral_desc: corral.corral_desc }),
    applicable_event_ids: (corral?.applicable_event_ids ?? [eventId]).map(Number),
    sort_order: place,
  };
}

/** Not retried if it was not stored, because each attempt might create the corrals again. */
async function assertStored(api: RunSignupApi, edition: EditionId, wanted: readonly Wanted[]): Promise<void> {
  const names = new Set((await api.corrals(edition)).map((corral) => keyOf(nameOf(corral))));
  if (wanted.every(({ name }) => names.has(keyOf(name)))) return;
  throw notStored(`the corrals of race/${edition.raceId}`, ['corrals'], 'rejected');
}

const nameOf = ({ corral_name, name }: Corral): string => singleSpaced(corral_name ?? name) ?? '';

const keyOf = (name: string): string => name.toLowerCase();

const ambiguous = (reason: string): SyncError =>
  new SyncError('rejected', reason, { code: 'ambiguous', field: 'corrals' });
