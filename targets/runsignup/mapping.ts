import type { EntityMapping } from '../entity-mapping.ts';
import { eventMapping } from './event-mapping.ts';
import { participantMapping } from './participant-mapping.ts';
import { personMapping } from './person-mapping.ts';
import { raceMapping } from './race-mapping.ts';

/** Types that others refer to come first. */
export const runSignupMappings: readonly EntityMapping[] = [
  eventMapping,
  raceMapping,
  personMapping,
  participantMapping,
];
