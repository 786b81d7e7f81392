import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/**
 * The attributes by which the Web UI's list is filtered, for example `SyncProcess = "TAGSERVER" AND SyncOutcome =
 * "FAILING"`.
 */
export const syncProcessAttribute = defineSearchAttributeKey('SyncProcess', SearchAttributeType.KEYWORD);
export const entityTypeAttribute = defineSearchAttributeKey('EntityType', SearchAttributeType.KEYWORD);
export const entityIdAttribute = defineSearchAttributeKey('EntityId', SearchAttributeType.KEYWORD);
/** The rows of a page, for example `EntityIds = "4711"`. */
export const entityIdsAttribute = defineSearchAttributeKey('EntityIds', SearchAttributeType.KEYWORD_LIST);
export const syncDirectionAttribute = defineSearchAttributeKey('SyncDirection', SearchAttributeType.KEYWORD);
export const syncOutcomeAttribute = defineSearchAttributeKey('SyncOutcome', SearchAttributeType.KEYWORD);

export const SEARCH_ATTRIBUTES = [
  syncProcessAttribute,
  entityTypeAttribute,
  entityIdAttribute,
  entityIdsAttribute,
  syncDirectionAttribute,
  syncOutcomeAttribute,
] as const;
