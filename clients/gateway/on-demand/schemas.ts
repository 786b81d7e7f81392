import { z } from 'zod';
import { SYNC_OUTCOMES } from '../../../sync/sync-outcome.ts';
import { SYNC_STATES } from '../../../sync/sync-state.ts';
import { CHANNELS, SUPPRESSION_REASONS } from '../../../sync/suppression.ts';
import type { SyncProcessName } from '../../../sync/sync-process-name.ts';
import type { EntityType } from '../../../sync/entity-type.ts';
import { TARGETS } from '../../../targets/index.ts';

/** More would keep the request open for too long; callers can send several requests. */
export const ENTITIES_AT_MOST = 1_000;

/** Proxies close connections that are silent for longer than about this time. */
export const WAIT_AT_MOST_SECONDS = 120;

const LARGEST_KEY = 2n ** 63n - 1n;

const processes = TARGETS.map(({ process }) => process);

/** Every process of this release. */
export const PROCESS_NAMES = processes.map(({ name }) => name) as [SyncProcessName, ...SyncProcessName[]];

/** Every type that any process has. */
export const TYPE_NAMES = [...new Set(processes.flatMap(({ mappings }) => mappings.map(({ type }) => type)))] as [
  EntityType,
  ...EntityType[],
];

const processName = z.enum(PROCESS_NAMES).meta({ id: 'SyncProcess', description: 'A target system.' });

const typeName = z
  .enum(TYPE_NAMES)
  .meta({ id: 'EntityType', description: "The type of EMS's row. Not every process has every type." });

const ID_ERROR = `is no id of an EMS row: a whole number from 1 to ${LARGEST_KEY}`;

/** Decimal without leading zeros, as in workflow ids. */
const keyText = z
  .string({ error: ID_ERROR })
  .regex(/^\d{1,19}$/, { error: ID_ERROR, abort: true })
  .refine((text) => BigInt(text) >= 1n && BigInt(text) <= LARGEST_KEY, { error: ID_ERROR })
  .transform((text) => `${BigInt(text)}`)
  .meta({ description: "The id of EMS's row, in decimal.", example: '4711' });

const wholeKey = z
  .int({ error: ID_ERROR })
  .positive({ error: ID_ERROR })
  .transform((number) => `${number}`)
  .meta({ description: 'The same as a number; above 2^53 send text.' });

/** The parameters of a path. */
export const pathParameters = z.object({ process: processName, type: typeName, id: keyText });

export const entityToSync = z
  .object({ process: processName, type: typeName, id: z.union([keyText, wholeKey], { error: ID_ERROR }) })
  .meta({ id: 'EntityToSync' });

export const entitiesToSync = z
  .array(entityToSync, { error: 'is not a list of {process, type, id}' })
  .max(ENTITIES_AT_MOST)
  .meta({ id: 'EntitiesToSync', description: 'A row listed twice is requested once.' });

const waitError = `is a whole number of seconds from 0 to ${WAIT_AT_MOST_SECONDS}`;

export const askQuery = z.object({
  wait: z.coerce
    .number({ error: waitError })
    .int({ error: waitError })
    .min(0, { error: waitError })
    .max(WAIT_AT_MOST_SECONDS, { error: waitError })
    .optional()
    .meta({
      description: 'Wait at most this many seconds for outcomes. Absent or 0: the answer comes at once.',
      example: 10,
    }),
});

const workflow = {
  workflowId: z.string().meta({ example: 'TAGSERVER/Person/4711' }),
  link: z.url().meta({ description: "Its page in Temporal's Web UI." }),
};

const named = { process: processName, type: typeName, id: z.string().regex(/^[1-9]\d{0,18}$/) };

export const askResult = z
  .object({
    ...named,
    result: z.enum(['requested', 'answered', 'unanswered', 'paused', 'unknown']).meta({
      description: [
        '`requested`: Temporal has stored the request; its outcome was not waited for.',
        '`answered`: a pass that began after the request has the outcome below.',
        '`unanswered`: no outcome in time; the request is kept and will be served.',
        '`paused`: an operator has paused the process; the first sweep after the pause takes what EMS has changed.',
        '`unknown`: EMS has no such row, and the process has no record of it, so there is nothing to request.',
      ].join('\n'),
    }),
    outcome: z
      .enum(SYNC_OUTCOMES)
      .nullable()
      .meta({ description: "The pair's state; null unless answered or paused." }),
    delivery: z
      .string()
      .nullable()
      .meta({ description: 'What was done, for example `created`, `updated`, `unchanged`.' }),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'The reason, if the outcome has one. Never contains a value of a row.' }),
    workflowId: workflow.workflowId.nullable(),
    link: workflow.link.nullable(),
  })
  .meta({ id: 'AskResult' });

export const askResults = z
  .object({ results: z.array(askResult).meta({ description: 'In the order of the request.' }) })
  .meta({ id: 'AskResults' });

const time = z.iso.datetime().nullable();

export const pairState = z
  .object({
    ...named,
    inEms: z.boolean(),
    passesFilter: z.boolean().meta({ description: 'Whether the row belongs on the target.' }),
    conditions: z
      .array(z.object({ name: z.string(), holds: z.boolean(), means: z.string(), change: z.string() }))
      .readonly()
      .meta({ description: "The filter's conditions, and what would make the row meet each. Empty: no such row." }),
    modifiedOn: time.meta({ description: 'When EMS changed it last.' }),
    pausedOn: time.meta({ description: 'Since when the process is paused; null: it is not.' }),
    due: z.string().nullable().meta({ description: 'Why the next sweep takes it; null: it is not due.' }),
    record: z
      .object({
        state: z.enum(SYNC_STATES),
        remoteId: z.string().nullable().meta({ description: 'Also null if it would reveal the person.' }),
        waitingFor: z.string().nullable().meta({ example: 'Person/4711' }),
        sharedWith: z
          .string()
          .nullable()
          .meta({ description: 'SHARED: the row whose remote record represents this one.', example: 'Person/12' }),
        lastErrorClass: z.string().nullable(),
        lastErrorCode: z
          .string()
          .nullable()
          .meta({ description: 'Stable; docs/errors.md says what it means.', example: 'TAGSERVER-409-DUPLICATE-BIB' }),
        lastError: z.string().nullable().meta({ description: 'Without values.' }),
        attempts: z.int().min(0),
        failingSince: time,
        entitySyncedOn: time.meta({ description: "The row's time that was last delivered or absorbed." }),
        evaluatedOn: time.meta({ description: "The row's time that was last evaluated without a delivery." }),
        remoteSyncedOn: time.meta({ description: "The target's own time." }),
        updatedOn: time.meta({ description: 'When the record was written.' }),
      })
      .nullable()
      .meta({ description: 'Null: the process has never dealt with the row.' }),
    refused: z
      .array(
        z.object({
          channel: z.enum(CHANNELS),
          reason: z.enum(SUPPRESSION_REASONS),
          at: z
            .enum(PROCESS_NAMES)
            .optional()
            .meta({ description: 'The target where it was refused; absent: at this one.' }),
          presumed: z.literal(true).optional().meta({ description: 'Not confirmed, but possible.' }),
        }),
      )
      .readonly()
      .meta({ description: 'What the person refuses at this target. Empty for other types.' }),
    workflow: z.object({
      id: workflow.workflowId,
      status: z.string().nullable().meta({ description: "Temporal's status; null: no run in its history." }),
      link: workflow.link,
    }),
  })
  .meta({ id: 'PairState' });

export const problem = z
  .object({
    type: z.string().meta({ example: 'urn:problem-type:ems-sync:unknown-type' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    valid: z.array(z.string()).optional().meta({ description: 'The valid values.' }),
    errors: z
      .array(z.object({ pointer: z.string().meta({ example: '/3/id' }), detail: z.string() }))
      .optional()
      .meta({ description: 'Each error, and where it is in the body.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });

export type AskResult = z.infer<typeof askResult>;
export type PairState = z.infer<typeof pairState>;
