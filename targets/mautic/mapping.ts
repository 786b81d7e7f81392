import type { EntityMapping } from '../entity-mapping.ts';
import { personsEmail, preferencesOf } from '../preferences.ts';
import { person } from './person-mapping.ts';

/** In dependency order; preferences are children of their person. */
export const mauticMappings: readonly EntityMapping[] = [person, preferencesOf(['EMAIL', 'SMS'], personsEmail('e'))];
