/** One condition of a mapping's filter. A row belongs on the target if it meets all of them. */
export interface FilterCondition {
  /** A short name that never changes, for example `email`. */
  readonly name: string;
  /** SQL over the EMS row `e`. */
  readonly sql: string;
  /** What the row has if it meets the condition, for example `has an e-mail address`. */
  readonly means: string;
  /** What would make it meet the condition. */
  readonly change: string;
}

/** The filter as one SQL condition. */
export function filterSql(conditions: readonly FilterCondition[]): string {
  const [first, ...more] = conditions;
  if (first === undefined) return 'true';
  return more.length === 0 ? first.sql : conditions.map((condition) => `(${condition.sql})`).join(' AND ');
}

/** The conditions that a row does not meet, in words: `the filter leaves it out: wants-email (wants e-mail …)`. */
export const describeUnmet = (unmet: readonly FilterCondition[]): string =>
  `the filter leaves it out: it does not meet ${unmet.map(({ name, means }) => `${name} (${means})`).join(', ')}`;
