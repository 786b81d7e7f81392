import * as fc from '../../seeded-fast-check.ts';
import type { Kind } from './kind.ts';

/** EMS's bigint as the driver returns it. */
export const key: Kind = {
  valid: fc.oneof(
    fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
    fc.constantFrom('9007199254740993', '9007199254740992'),
  ),
  wild: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.constantFrom(null, undefined, '', ' ', '-1', '0'),
  ),
  respell: (value) => fc.constant(value),
  same: (one, other) => one === other,
};
export const optionalKey: Kind = { ...key, valid: fc.option(key.valid), optional: true };

function wholeNumber(min: number): Kind {
  return {
    valid: fc.option(fc.integer({ min, max: 2 ** 31 - 1 })),
    wild: fc.option(fc.oneof(fc.integer(), fc.constantFrom(-1, 0, 1, -(2 ** 31), 2 ** 31 - 1))),
    respell: (value) => (value === null ? fc.constantFrom(null, undefined) : fc.constant(value)),
    same: (one, other) => (one ?? null) === (other ?? null),
    optional: true,
  };
}

export const distance = wholeNumber(1);
export const capacity = wholeNumber(0);
export const sequence = wholeNumber(-(2 ** 31));
