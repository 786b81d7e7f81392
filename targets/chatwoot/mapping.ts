import { conversation } from './conversation-mapping.ts';
import { person } from './person-mapping.ts';

/** In dependency order. */
export const chatwootMappings = [person, conversation] as const;
