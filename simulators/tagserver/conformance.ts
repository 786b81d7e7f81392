import { batch } from './conformance/batch.ts';
import { changes } from './conformance/changes.ts';
import { content } from './conformance/content.ts';
import { deleting } from './conformance/deleting.ts';
import { reading } from './conformance/reading.ts';
import type { Check } from './conformance/session.ts';
import { writing } from './conformance/writing.ts';

export type { Check, Target } from './conformance/session.ts';

/**
 * What any TagServer, simulated or real, must do over plain HTTP; every answer is also checked against the contract's
 * schemas. Each check uses its own ids and removes what it created, so it can run against a server in use.
 *
 * @example
 * for (const check of conformance) await check.run({ baseUrl: 'https://tagserver.example', token });
 */
export const conformance: readonly Check[] = [...reading, ...content, ...writing, ...deleting, ...batch, ...changes];
