import { sql } from 'kysely';
import { defineEntity, p, type EntitySchema, type InferEntity } from '@mikro-orm/core';
import { SYNC_STATES, type SyncState } from '../../sync/sync-state.ts';
import type { Fingerprint } from '../../sync/identity.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import { ENTITY_TYPES, type EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { instantColumn, keyColumn, stampColumn, textColumn } from '../entities/ems-base.ts';
import { EMS_ENTITIES } from '../entities/index.ts';
import { recordTable } from '../table-names.ts';

/** The columns of every sync record; docs/overview.md explains them. */
const columns = {
  id: keyColumn().primary(),
  syncProcess: p.text().$type<SyncProcessName>(),
  entityKey: keyColumn().strictNullable(),
  entitySyncedOn: stampColumn().strictNullable(),
  evaluatedOn: stampColumn().strictNullable(),
  mappingVersion: textColumn(),
  waitingFor: textColumn(),
  sharedWith: keyColumn().strictNullable(),
  sourcesVersion: textColumn(),
  fencingToken: keyColumn().name('pass'),
  remoteSyncedOn: instantColumn().strictNullable(),
  remoteConfirmedOn: instantColumn().strictNullable(),
  remoteId: textColumn(),
  base: p.json<Base>().strictNullable(),
  contentHash: textColumn(),
  state: p.text().$type<SyncState>(),
  lastErrorClass: textColumn(),
  lastErrorCode: textColumn(),
  lastError: textColumn(),
  attempts: p.integer().default(0),
  failingSince: instantColumn().strictNullable(),
  programVersion: textColumn(),
  workflowId: textColumn(),
  updatedOn: instantColumn().strictNullable(),
  fingerprint: p.json<Fingerprint>().strictNullable(),
  reissued: p.text().$type<'parked' | 'anew'>().strictNullable(),
};

/**
 * A reference without a foreign key, only on this side: EMS's entities do not know records, and records outlive
 * whatever EMS does with its tables.
 */
function defineRecord(type: EntityType) {
  return defineEntity({
    name: `Sync${type}`,
    tableName: recordTable(type),
    properties: {
      ...columns,
      entityId: () =>
        p
          .manyToOne(EMS_ENTITIES[type] as EntitySchema)
          .mapToPk()
          .strictNullable()
          .name('entity_id')
          .createForeignKeyConstraint(false)
          .$type<string>(),
    },
    uniques: [{ properties: ['syncProcess', 'entityKey'] }, { properties: ['syncProcess', 'remoteId'] }],
    checks: [{ expression: `state in (${SYNC_STATES.map((state) => `'${state}'`).join(', ')})` }],
  });
}

type RecordEntity = ReturnType<typeof defineRecord>;

/** One row for each (process, entity): the state of the pair. */
export type SyncRecord = InferEntity<RecordEntity>;

/** A record at the moment when it was read. */
export type LoadedRecord = SyncRecord & {
  /** How long ago `remoteConfirmedOn` was, in milliseconds; null: never confirmed. */
  readonly confirmedForMs: number | null;
};

/** SQL: {@link LoadedRecord.confirmedForMs}, of a record table. */
export const confirmedForMs = sql`(extract(epoch FROM clock_timestamp() - remote_confirmed_on) * 1000)::float8`;

/** The MikroORM entity of each type's records. */
export const RECORD_ENTITIES = Object.fromEntries(ENTITY_TYPES.map((type) => [type, defineRecord(type)])) as {
  readonly [T in EntityType]: RecordEntity;
};
