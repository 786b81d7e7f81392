import type { TemporalKind } from '../demo/start-temporal.ts';

export interface PartOptions {
  /** Number of persons. */
  readonly size: number;
  readonly rounds: number;
  readonly temporal: TemporalKind;
  readonly say: (line: string) => void;
}
