import type { Priority, TypedSearchAttributes } from '@temporalio/common';
import { TypedSearchAttributes as Attributes } from '@temporalio/common';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import { hintedWorkflowId, pageWorkflowId, pairWorkflowId, remoteWorkflowId } from '../sync/workflow-ids.ts';
import {
  entityIdAttribute,
  entityIdsAttribute,
  entityTypeAttribute,
  syncDirectionAttribute,
  syncProcessAttribute,
} from './search-attributes.ts';

/** One pair: a sync process and an EMS row. */
export interface PairRef {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}

/** Priority by caller, for when workers are scarce. A hint of a webhook comes after sweeps: strangers can cause many. */
export const PRIORITY = {
  onDemand: { priorityKey: 1 },
  sweep: { priorityKey: 3 },
  hint: { priorityKey: 4 },
  bulk: { priorityKey: 5 },
} as const;

export interface PairStartOptions {
  readonly workflowId: string;
  readonly staticSummary: string;
  readonly priority: Priority;
  readonly typedSearchAttributes: TypedSearchAttributes;
}

/**
 * The options with which every caller (sweep, gateway, command line, EMS) starts a pair's workflow. A child workflow runs
 * on its parent's task queue; clients add the queue.
 */
export function pairStartOptions(pair: PairRef, direction: Direction, priority: Priority): PairStartOptions {
  return {
    workflowId: pairWorkflowId(pair.process, pair.type, pair.key),
    staticSummary: `${pair.process}: ${pair.type} ${pair.key}, ${direction}`,
    priority,
    typedSearchAttributes: new Attributes([
      { key: syncProcessAttribute, value: pair.process },
      { key: entityTypeAttribute, value: pair.type },
      { key: entityIdAttribute, value: pair.key },
      { key: syncDirectionAttribute, value: direction },
    ]),
  };
}

/** Rows of one type that are delivered together. */
export interface PageToSync {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly keys: readonly EntityKey[];
}

/** The server's limit for the value of one search attribute, less some for its own notation. */
const ATTRIBUTE_BYTES = 2_000;

/** The pages of these rows: at most so many rows each, and no more than the attribute that lists them has room for. */
export function pagesOf(keys: readonly EntityKey[], rows: number): EntityKey[][] {
  const pages: EntityKey[][] = [];
  let bytes = ATTRIBUTE_BYTES;
  for (const key of keys) {
    // As JSON, with quotation marks and a comma.
    bytes += key.length + 3;
    const page = pages.at(-1);
    if (page !== undefined && page.length < rows && bytes <= ATTRIBUTE_BYTES) {
      page.push(key);
      continue;
    }
    pages.push([key]);
    bytes = key.length + 3;
  }
  return pages;
}

/** The options for starting a page's workflow. @throws RangeError for a page without rows. */
export function pageStartOptions({ process, type, keys }: PageToSync): PairStartOptions {
  const [first] = keys;
  if (first === undefined) throw new RangeError('a page without rows');
  return {
    workflowId: pageWorkflowId(process, type, first),
    staticSummary: `${process}: ${keys.length} of ${type} in one call, from ${first} to ${keys.at(-1)}, outbound`,
    priority: PRIORITY.sweep,
    typedSearchAttributes: new Attributes([
      { key: syncProcessAttribute, value: process },
      { key: entityTypeAttribute, value: type },
      { key: entityIdsAttribute, value: [...keys] },
      { key: syncDirectionAttribute, value: 'outbound' },
    ]),
  };
}

/** The options for starting the workflow that resolves the unknown remote records of a process's webhooks. */
export function hintedStartOptions(process: SyncProcessName): PairStartOptions {
  return {
    workflowId: hintedWorkflowId(process),
    staticSummary: `${process}: unknown remote records that webhooks name`,
    priority: PRIORITY.hint,
    typedSearchAttributes: new Attributes([
      { key: syncProcessAttribute, value: process },
      { key: syncDirectionAttribute, value: 'inbound' },
    ]),
  };
}

/** A remote record that EMS does not know yet. */
export interface RemoteToSync {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly remoteId: string;
}

/** The options for starting such a record's workflow. */
export function remoteStartOptions(remote: RemoteToSync, priority: Priority): PairStartOptions {
  return {
    workflowId: remoteWorkflowId(remote.process, remote.type, remote.remoteId),
    staticSummary: `${remote.process}: remote ${remote.type} ${remote.remoteId}, inbound`,
    priority,
    typedSearchAttributes: new Attributes([
      { key: syncProcessAttribute, value: remote.process },
      { key: entityTypeAttribute, value: remote.type },
      { key: syncDirectionAttribute, value: 'inbound' },
    ]),
  };
}
