import type { EntityMapping } from '../entity-mapping.ts';
import { HAS_EMAIL, preferencesOf } from '../preferences.ts';
import { person } from './person-mapping.ts';

/** In dependency order; preferences are children of their person. */
export const mauticMappings: readonly EntityMapping[] = [person, preferencesOf(['EMAIL', 'SMS'], [HAS_EMAIL])];
