import type { EventParticipantRow, RowName, StartGroupRow, Tables, TagRow } from './rows.ts';

function lastId(rows: readonly { readonly id: number }[]): number {
  return rows.at(-1)?.id ?? 0;
}

/**
 * Adds rows that pass TagServer's filter but break its contract: a tag code that is not hexadecimal, one that is too
 * long, a bib that is too long, a start wave with a negative capacity. All are leaf rows, so nothing else has to wait
 * for them.
 */
export function addImpossibleRows(
  tables: Tables,
  mainEventId: number,
): { readonly tables: Tables; readonly impossible: readonly RowName[] } {
  const holder = tables.event_participant.find(({ event_id }) => event_id === mainEventId);
  if (!holder) throw new Error('Nobody takes part in the main event: generate at least one participant.');
  const { modified_on } = holder;
  const stranger = tables.race.find(({ event_id, id }) => event_id === mainEventId && id !== holder.race_id);
  if (!stranger) throw new Error('The main event has a single race: plan a second one.');

  const tag = (offset: number, code: string): TagRow => ({
    id: lastId(tables.tag) + offset,
    modified_on,
    code,
    event_participant_id: holder.id,
    kind: 'CARD',
    assigned_on: null,
  });
  const tags = [tag(1, 'CHIP-00X7'), tag(2, 'E2801160'.repeat(5))];
  const participant: EventParticipantRow = {
    ...holder,
    id: lastId(tables.event_participant) + 1,
    race_id: stranger.id,
    registration_no: null,
    bib: 'SPONSORED-BY-BAKERS-DOZEN',
  };
  const startGroup: StartGroupRow = {
    id: lastId(tables.start_group) + 1,
    modified_on,
    race_id: stranger.id,
    name: 'Overbooked wave',
    sequence: 99,
    starts_on: null,
    capacity: -1,
  };
  return {
    tables: {
      ...tables,
      tag: [...tables.tag, ...tags],
      event_participant: [...tables.event_participant, participant],
      start_group: [...tables.start_group, startGroup],
    },
    impossible: [
      ...tags.map(({ id }): RowName => ({ table: 'tag', id })),
      { table: 'event_participant', id: participant.id },
      { table: 'start_group', id: startGroup.id },
    ],
  };
}
