import { defineEntity, p } from '@mikro-orm/core';
import type { EntityType } from '../../sync/entity-type.ts';
import type { RemoteState } from '../../sync/oscillation.ts';
import type { Channel, SuppressionReason } from '../../sync/suppression.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { ConversationMessageEntity } from '../entities/index.ts';
import { instantColumn, keyColumn, textColumn } from '../entities/ems-base.ts';

const id = keyColumn().primary();
const syncProcess = p.text().$type<SyncProcessName>();

/** Links a message to its remote id; its conversation's record contains everything else. */
export const SyncConversationMessageEntity = defineEntity({
  name: 'SyncConversationMessage',
  tableName: 'sync_conversation_message',
  properties: {
    id,
    syncProcess,
    entityId: () =>
      p
        .manyToOne(ConversationMessageEntity)
        .mapToPk()
        .strictNullable()
        .name('entity_id')
        .createForeignKeyConstraint(false)
        .$type<string>(),
    entityKey: keyColumn().strictNullable(),
    remoteId: textColumn(),
    contentHash: textColumn(),
    /** Where the message was written. */
    origin: p.text().$type<'ems' | 'remote'>(),
    updatedOn: instantColumn().strictNullable(),
  },
});

/** Remote values that EMS did not take over, encrypted so that an operator can. */
export const SyncConflictEntity = defineEntity({
  name: 'SyncConflict',
  tableName: 'sync_conflict',
  properties: {
    id,
    syncProcess,
    entityType: p.text().$type<EntityType>(),
    entityKey: keyColumn(),
    remoteId: textColumn(),
    occurredOn: instantColumn(),
    fields: p.array(),
    encryptedValues: p.blob(),
    /** Lost against EMS, or proposed by a remote that anybody may write to. */
    kind: p.text().$type<'lost' | 'proposed'>(),
    /** When an operator restored the values in EMS, or accepted the proposal. */
    restoredOn: instantColumn().strictNullable(),
    /** When an operator refused the proposal. */
    refusedOn: instantColumn().strictNullable(),
  },
});

/** The suppression list: addresses that must not be sent to a target again. */
export const SyncSuppressionEntity = defineEntity({
  name: 'SyncSuppression',
  tableName: 'sync_suppression',
  properties: {
    id,
    syncProcess,
    addressHash: p.text(),
    channel: p.text().$type<Channel>(),
    entityKey: keyColumn().strictNullable(),
    reason: p.text().$type<SuppressionReason>(),
    presumed: p.boolean(),
    since: instantColumn(),
  },
});

/** Receipts of erasures: target, row id, what was done and when. No personal data. */
export const SyncErasureEntity = defineEntity({
  name: 'SyncErasure',
  tableName: 'sync_erasure',
  properties: {
    id,
    syncProcess,
    entityType: p.text().$type<EntityType>(),
    entityKey: keyColumn(),
    outcome: p.text().$type<'erased' | 'absent' | 'kept'>(),
    detail: p.text(),
    erasedOn: instantColumn(),
  },
});

/** How far an inbound poll has read, in the remote's own time. */
export const SyncCursorEntity = defineEntity({
  name: 'SyncCursor',
  tableName: 'sync_cursor',
  properties: {
    id,
    syncProcess,
    entityType: p.text().$type<EntityType>(),
    scope: p.text(),
    position: instantColumn(),
  },
});

/** Recent states of each pair's remote, to detect two systems that undo each other's writes. */
export const SyncOscillationEntity = defineEntity({
  name: 'SyncOscillation',
  tableName: 'sync_oscillation',
  properties: {
    id,
    syncProcess,
    entityType: p.text().$type<EntityType>(),
    entityKey: keyColumn(),
    states: p.json<readonly RemoteState[]>(),
    updatedOn: instantColumn(),
  },
});
