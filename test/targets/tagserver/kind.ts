import * as fc from 'fast-check';

/** One kind of EMS column: what it may hold, and when two values mean the same to TagServer. */
export interface Kind {
  /** Values that can be sent. */
  readonly valid: fc.Arbitrary<unknown>;
  /** Whatever EMS may hold; EMS checks nothing. */
  readonly wild: fc.Arbitrary<unknown>;
  /** The same content in another spelling. */
  readonly respell: (value: unknown) => fc.Arbitrary<unknown>;
  /** Told without our own code. */
  readonly same: (one: unknown, other: unknown) => boolean;
  /** EMS may have no value, and TagServer takes none. */
  readonly optional?: boolean;
}

/** The same column where EMS may have no value, and TagServer takes none. */
export const orNothing = (kind: Kind): Kind => ({
  ...kind,
  valid: fc.oneof({ weight: 3, arbitrary: kind.valid }, { weight: 1, arbitrary: fc.constantFrom(null, undefined, '') }),
  optional: true,
});
