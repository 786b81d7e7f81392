import type { EmsRows } from '../database/entities/index.ts';
import type { Content } from '../sync/content-hash.ts';
import type { EntityType } from '../sync/entity-type.ts';
import type { AnySources } from './source-rows.ts';

/** Columns of an EMS row and their new values, by the property's name: `{ firstName: 'Ana' }`. */
export type Changes = Readonly<Record<string, unknown>>;

/**
 * One way to find the EMS row of a remote record that carries no id of ours: rows that agree in every column named here.
 * Text is compared trimmed, in NFC and without regard to case. A criterion with a null is passed over.
 */
export type MatchCriterion = Readonly<Record<string, string | Temporal.PlainDate | null>>;

/** The way back: from a remote record's content to the EMS row. */
export interface InboundMapping {
  /** The EMS row in all fields that can be read back; a value that cannot be mapped is left out. */
  view(row: EmsRows[EntityType], sources: AnySources): Content;
  /** What the EMS row gets so that it holds these fields of the remote's. `row` is null for a row that is to be created. */
  apply(content: Content, fields: readonly string[], row: EmsRows[EntityType] | null): Changes;
  /** Tried in order; the first that finds a row decides, and it parks if it finds several. */
  match(content: Content): readonly MatchCriterion[];
  /**
   * Where one row may have several remote records (a person with two accounts): the one with the highest number is kept.
   * False: a second one is for a human.
   */
  readonly newestRemoteWins: boolean;
  /** Null: EMS may have a row made from this. Else why not, for example `has neither e-mail nor phone`. */
  refuseCreate(content: Content): string | null;
}
