/** A row of a sync table as PostgreSQL has it; times as text with microseconds. */
export interface RecordRow {
  readonly state: string;
  readonly entity_id: string | null;
  readonly entity_key: string;
  readonly entity_synced_on: string | null;
  readonly evaluated_on: string | null;
  readonly remote_synced_on: string | null;
  readonly remote_id: string | null;
  readonly content_hash: string | null;
  readonly waiting_for: string | null;
  readonly shared_with: string | null;
  readonly sources_version: string | null;
  readonly mapping_version: string | null;
  readonly pass: string;
  readonly last_error_class: string | null;
  readonly last_error: string | null;
  readonly program_version: string | null;
  readonly attempts: number;
  readonly failing_since: string | null;
  readonly updated_on: string;
}
