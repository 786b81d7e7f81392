import type { EmsRows } from '../database/entities/index.ts';
import type { Content } from '../sync/content-hash.ts';
import type { EntityType } from '../sync/entity-type.ts';
import type { AnySources } from './source-rows.ts';

/** New values of an EMS row's columns, by property: `{ firstName: 'Ana' }`. */
export type Changes = Readonly<Record<string, unknown>>;

/**
 * One way to find the EMS row of a remote record without our id: rows that match in every column named here. Text is
 * compared trimmed, in NFC, and case-insensitively. A criterion with a null is skipped.
 */
export type MatchCriterion = Readonly<Record<string, string | Temporal.PlainDate | null>>;

/** The inbound direction: from a remote record's content to the EMS row. */
export interface InboundMapping {
  /** The EMS row in all fields that can be read back. Values that cannot be mapped are left out. */
  view(row: EmsRows[EntityType], sources: AnySources): Content;
  /** Fields owned by the remote that EMS may set as well: taken over when the remote changes them. */
  readonly whenChanged: readonly string[];
  /**
   * The fields of `content` that must not be taken over, because a row with them could not be sent back. `row` is null
   * for one that will be created.
   */
  unsendable(content: Content, row: EmsRows[EntityType] | null, sources: AnySources): string[];
  /** The changes that give the EMS row these remote values. `row` is null for a row that will be created. */
  apply(content: Content, fields: readonly string[], row: EmsRows[EntityType] | null): Changes;
  /** Tried in order. The first that finds a row decides; if it finds several, the record is parked. */
  match(content: Content): readonly MatchCriterion[];
  /**
   * Whether one row may have several remote records (a person with two accounts). If so, the one with the highest number is
   * kept; if not, an operator decides about the second one.
   */
  readonly newestRemoteWins: boolean;
  /** Why EMS must not create a row from this, for example `has neither e-mail nor phone`; null if it may. */
  refuseCreate(content: Content): string | null;
}
