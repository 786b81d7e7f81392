import type { EntityType } from '../sync/entity-type.ts';

/** Counts of one type's due rows. The sums are checked, because a wrong count is worse than none. */
export interface TypeTotals {
  /** Due rows: `touched` + `busy` + `started`. */
  due: number;
  /** Equal content: only times were touched, without a child. */
  touched: number;
  /** An earlier child is still running and was left alone. */
  busy: number;
  /** Children started: `inSync` + `removed` + `shared` + `waiting` + `parked` + `suppressed` + `other` + `failed` + `leftRunning`. */
  started: number;
  inSync: number;
  removed: number;
  /** Rows that another row's remote record represents, too. */
  shared: number;
  waiting: number;
  parked: number;
  /** Consent forbids it. */
  suppressed: number;
  other: number;
  failed: number;
  /** Still running when the sweep moved on; they finish without it. */
  leftRunning: number;
}

export type SweepTotals = Partial<Record<EntityType, TypeTotals>>;

export function emptyTotals(): TypeTotals {
  return {
    due: 0,
    touched: 0,
    busy: 0,
    started: 0,
    inSync: 0,
    removed: 0,
    shared: 0,
    waiting: 0,
    parked: 0,
    suppressed: 0,
    other: 0,
    failed: 0,
    leftRunning: 0,
  };
}

/** A copy to continue counting in: a workflow must not change its input, and an older release had fewer counts. */
export function copyTotals(totals: SweepTotals): SweepTotals {
  return Object.fromEntries(Object.entries(totals).map(([type, counts]) => [type, { ...emptyTotals(), ...counts }]));
}

/** @throws Error if the sums do not match; the sweep then fails. */
export function assertTotalsHold(totals: SweepTotals): void {
  for (const [type, t] of Object.entries(totals)) {
    const ended = t.inSync + t.removed + t.shared + t.waiting + t.parked + t.suppressed + t.other + t.failed;
    if (t.due !== t.touched + t.busy + t.started || t.started !== ended + t.leftRunning) {
      throw new Error(`the sweep's counts of ${type} do not add up: ${JSON.stringify(t)}`);
    }
  }
}

/** A Markdown table for the workflow's page in the Web UI. */
export function describeTotals(totals: SweepTotals): string {
  const rows = Object.entries(totals).map(
    ([type, t]) =>
      `| ${type} | ${t.due} | ${t.touched} | ${t.inSync} | ${t.removed} | ${t.shared} | ${t.waiting} | ${t.parked} | ${t.suppressed} | ${t.failed + t.other} | ${t.leftRunning} | ${t.busy} |`,
  );
  if (rows.length === 0) return 'Nothing is due.';
  return [
    '| type | due | unchanged | in sync | removed | shared | waiting | parked | suppressed | failed | left running | busy |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}
