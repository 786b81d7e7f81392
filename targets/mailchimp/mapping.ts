import type { EntityMapping } from '../entity-mapping.ts';
import { preferencesOf } from '../preferences.ts';
import { person, PERSON_FILTER } from './person-mapping.ts';

/** In dependency order; preferences are children of their person. */
export const mailchimpMappings: readonly EntityMapping[] = [person, preferencesOf(['EMAIL'], PERSON_FILTER)];
