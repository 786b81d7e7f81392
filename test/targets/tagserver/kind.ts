import * as fc from '../../seeded-fast-check.ts';

/** One kind of EMS column: its possible values, and when two of them mean the same to TagServer. */
export interface Kind {
  /** Values that can be sent. */
  readonly valid: fc.Arbitrary<unknown>;
  /** Any value that EMS may store; EMS validates nothing. */
  readonly wild: fc.Arbitrary<unknown>;
  /** The same content in another spelling. */
  readonly respell: (value: unknown) => fc.Arbitrary<unknown>;
  /** Decided without our own code. */
  readonly same: (one: unknown, other: unknown) => boolean;
  /** EMS may have no value, and TagServer accepts that. */
  readonly optional?: boolean;
}

/** The same kind, but EMS may have no value, and TagServer accepts that. */
export const orNothing = (kind: Kind): Kind => ({
  ...kind,
  valid: fc.oneof({ weight: 3, arbitrary: kind.valid }, { weight: 1, arbitrary: fc.constantFrom(null, undefined, '') }),
  optional: true,
});
