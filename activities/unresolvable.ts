import type { EntityManager } from '../database/orm.ts';
import type { LinkedRow, Resolution } from '../sync/absorption.ts';
import type { ProcessContext } from './context.ts';

/** Resolves one remote record and its related records in one transaction. */
export interface Resolving {
  readonly context: ProcessContext;
  readonly em: EntityManager;
  /** The rows found or created so far. */
  readonly rows: LinkedRow[];
}

/** Rolls the transaction back; the resolution contains the reason. */
export class Unresolvable extends Error {
  readonly resolution: Resolution;

  constructor(resolution: Resolution) {
    super(resolution.kind);
    this.resolution = resolution;
  }
}

/** A human must decide. @param code as {@link failureCode} takes it. */
export const parked = (reason: string, code: string) => new Unresolvable({ kind: 'parked', reason, code });

/** EMS creates no row for it. */
export const nothing = (reason: string) => new Unresolvable({ kind: 'nothing', reason });

/** A record that it refers to must be known first. */
export const waiting = (awaited: string) => new Unresolvable({ kind: 'waiting', for: awaited });
