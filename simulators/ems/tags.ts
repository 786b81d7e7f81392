import { chance, int } from './rng.ts';
import type { Rng } from './rng.ts';
import type { Discipline, EventParticipantRow, TagRow } from './rows.ts';
import { fromMicros, pastMoment } from './stamps.ts';
import type { EpochMicros } from './stamps.ts';

const HEX = '0123456789ABCDEF';

/** Probability that a participant with a bib carries each kind of tag. */
const carried: Readonly<Record<Discipline, readonly (readonly [TagRow['kind'], number])[]>> = {
  RUN: [
    ['BIB', 0.9],
    ['SHOE', 0.05],
  ],
  WALK: [
    ['BIB', 0.3],
    ['CARD', 0.5],
  ],
  CYCLE: [
    ['BIB', 0.6],
    ['BIKE', 0.9],
  ],
  SWIM: [['CARD', 0.9]],
  TRIATHLON: [
    ['BIB', 0.8],
    ['BIKE', 0.9],
    ['SHOE', 0.3],
  ],
};

/** A code that looks like a 96-bit EPC (`E280…`, 24 digits), or a short one for an active tag. */
export function inventCode(rng: Rng, kind: TagRow['kind']): string {
  const [prefix, length] = kind === 'BIKE' || kind === 'CARD' ? ['A0', 8] : ['E2801160', 24];
  let code = prefix;
  while (code.length < length) code += HEX[int(rng, 0, 15)];
  return code;
}

/** Tags for participants with a bib, a few with a second tag of the same kind, plus some spare ones. */
export function handOutTags(
  rng: Rng,
  now: EpochMicros,
  participants: readonly EventParticipantRow[],
  disciplineOf: (raceId: number) => Discipline,
  stamp: () => string,
): TagRow[] {
  const tags: TagRow[] = [];
  const codes = new Set<string>();

  const add = (kind: TagRow['kind'], participantId: number | null): void => {
    let code = inventCode(rng, kind);
    while (codes.has(code)) code = inventCode(rng, kind);
    codes.add(code);
    tags.push({
      id: tags.length + 1,
      modified_on: stamp(),
      code: chance(rng, 0.25) ? code.toLowerCase() : code,
      event_participant_id: participantId,
      kind,
      assigned_on: participantId === null || chance(rng, 0.03) ? null : fromMicros(pastMoment(rng, now, 60)),
    });
  };

  for (const participant of participants) {
    if (!participant.bib?.trim()) continue;
    for (const [kind, probability] of carried[disciplineOf(participant.race_id)]) {
      if (chance(rng, probability)) add(kind, participant.id);
    }
    if (chance(rng, 0.01)) add('BIB', participant.id);
  }
  const spare = 4 + Math.floor(participants.length / 40);
  for (let count = 0; count < spare; count += 1) add('BIB', null);
  return tags;
}
