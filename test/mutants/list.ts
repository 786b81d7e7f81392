import type { Mutant } from './mutant.ts';
import { ODD_DATA } from './odd-data.ts';
import { ORDER_OF_A_PASS } from './order-of-a-pass.ts';
import { REAL_VENDORS } from './real-vendors.ts';
import { SAFEGUARDS } from './safeguards.ts';
import { SECURITY } from './security.ts';

export const MUTANTS: readonly Mutant[] = [
  ...SAFEGUARDS,
  ...ORDER_OF_A_PASS,
  ...ODD_DATA,
  ...REAL_VENDORS,
  ...SECURITY,
];

/** The table of docs/pitfalls.md. */
export function mutantTable(): string {
  const numbered = MUTANTS.flatMap(({ point, name, test }) => (point === undefined ? [] : [{ point, name, test }]));
  return [
    '| # | fault | noticed by |',
    '| --: | --- | --- |',
    ...numbered.map(({ point, name, test }) => `| ${point} | ${name} | \`${test}.test.ts\` |`),
  ].join('\n');
}
