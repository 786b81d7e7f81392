import type { Orm } from '../../database/orm.ts';
import type { SecretKey } from '../../sync/derived-keys.ts';
import type { DetectionSettings } from '../detection-of.ts';

export interface Rekey {
  readonly orm: Orm;
  /** Newest first: everything comes under the first one. */
  readonly keys: readonly SecretKey[];
  readonly settings: DetectionSettings;
  /** Rows at a time, each page in its own transaction. */
  readonly page: number;
  /** Called after each page. */
  readonly onPage?: () => void | Promise<void>;
}
