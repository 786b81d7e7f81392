import type { Expression, Matching, Selector } from './parse-promql.ts';
import { labelsKey, pointsWithin, valueAt, type Labels, type TimeSeries } from './time-series.ts';

export interface Sample {
  /** Without the name. */
  readonly labels: Labels;
  readonly value: number;
}

/** A number, or a value for each set of labels. */
export type Value = number | readonly Sample[];

interface Moment {
  readonly store: TimeSeries;
  readonly seconds: number;
}

/**
 * The value of an expression at a time, as Prometheus computes it. It knows what the project's rules and dashboard use;
 * metrics.test.ts compares it with promtool, where that is installed.
 *
 * @throws Error at what it does not know
 */
export function evaluatePromql(expression: Expression, moment: Moment): Value {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'selector':
      return select(expression, moment).flatMap((series) => {
        const value = valueAt(series, moment.seconds);
        return value === null ? [] : [{ labels: series.labels, value }];
      });
    case 'call':
      return call(expression, moment);
    case 'aggregate':
      return aggregate(expression, vector(evaluatePromql(expression.arg, moment)));
    case 'binary':
      return binary(expression, moment);
  }
}

function select({ name, matchers }: Selector, { store }: Moment) {
  return store.named(name).filter(({ labels }) =>
    matchers.every(({ label, operator, value }) => {
      const own = labels[label] ?? '';
      const isSo = operator.includes('~') ? new RegExp(`^(?:${value})$`).test(own) : own === value;
      return operator.startsWith('!') ? !isSo : isSo;
    }),
  );
}

type Call = Extract<Expression, { readonly kind: 'call' }>;

function call(expression: Call, moment: Moment): Value {
  const { name, args } = expression;
  const [first, second] = args;
  switch (name) {
    case 'time':
      return moment.seconds;
    case 'vector':
      return [{ labels: {}, value: number(evaluated(first, moment)) }];
    case 'absent':
      return vector(evaluated(first, moment)).length > 0 ? [] : [{ labels: {}, value: 1 }];
    case 'max_over_time':
      return overRange(first, moment, (points) => Math.max(...points.map(({ value }) => value)));
    case 'last_over_time':
      return overRange(first, moment, (points) => points.at(-1)?.value ?? null);
    case 'increase':
    case 'rate':
      return overRange(first, moment, (points, range) => extrapolated(points, range, name === 'rate'));
    case 'histogram_quantile':
      return quantiles(number(evaluated(first, moment)), vector(evaluated(second, moment)));
    default:
      throw new Error(`the function ${name} is not understood`);
  }
}

function evaluated(expression: Expression | undefined, moment: Moment): Value {
  if (expression === undefined) throw new Error('an argument is missing');
  return evaluatePromql(expression, moment);
}

type Valued = ReturnType<typeof pointsWithin>;

interface Range {
  readonly from: number;
  readonly to: number;
}

function overRange(
  expression: Expression | undefined,
  moment: Moment,
  of: (points: Valued, range: Range) => number | null,
): Value {
  if (expression?.kind !== 'selector' || expression.rangeSeconds === null) throw new Error('a range is expected');
  const range = { from: moment.seconds - expression.rangeSeconds, to: moment.seconds };
  return select(expression, moment).flatMap((series) => {
    const points = pointsWithin(series, range);
    const value = points.length === 0 ? null : of(points, range);
    return value === null ? [] : [{ labels: series.labels, value }];
  });
}

/** A counter's growth, carried on to the ends of the range as Prometheus does. Null: one point says nothing. */
function extrapolated(points: Valued, { from, to }: Range, perSecond: boolean): number | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return null;
  let growth = last.value - first.value;
  for (const [index, { value }] of points.entries()) {
    const before = points[index - 1];
    // It began again at zero.
    if (before !== undefined && value < before.value) growth += before.value;
  }
  const sampled = last.seconds - first.seconds;
  const between = sampled / (points.length - 1);
  const most = between * 1.1;
  let toStart = first.seconds - from;
  if (toStart >= most) toStart = between / 2;
  // It was not below zero.
  if (growth > 0 && first.value >= 0) toStart = Math.min(toStart, sampled * (first.value / growth));
  const toEnd = to - last.seconds;
  const covered = sampled + toStart + (toEnd >= most ? between / 2 : toEnd);
  const whole = growth * (covered / sampled);
  return perSecond ? whole / (to - from) : whole;
}

const withoutLe = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'le'));

/** Of histograms with the label `le`. */
function quantiles(share: number, buckets: readonly Sample[]): Value {
  const groups = Map.groupBy(buckets, ({ labels }) => labelsKey(withoutLe(labels)));
  return [...groups.values()].flatMap((group) => {
    const sorted = group
      .map(({ labels, value }) => ({ le: Number(labels['le']?.replace('+Inf', 'Infinity')), value }))
      .toSorted((one, other) => one.le - other.le);
    const total = sorted.at(-1)?.value ?? 0;
    const index = sorted.findIndex(({ value }) => value >= share * total);
    const at = sorted[index];
    const labels = withoutLe(group[0]?.labels ?? {});
    if (at === undefined || sorted.at(-1)?.le !== Infinity || sorted.length < 2 || total === 0)
      return [{ labels, value: Number.NaN }];
    const before = sorted[index - 1] ?? { le: 0, value: 0 };
    if (at.le === Infinity) return [{ labels, value: before.le }];
    const within = (share * total - before.value) / (at.value - before.value);
    return [{ labels, value: before.le + (at.le - before.le) * within }];
  });
}

type Aggregate = Extract<Expression, { readonly kind: 'aggregate' }>;

const AGGREGATES: Readonly<Record<string, (values: readonly number[]) => number>> = {
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  count: (values) => values.length,
};

function aggregate({ operator, by }: Aggregate, samples: readonly Sample[]): Value {
  const of = AGGREGATES[operator];
  if (of === undefined) throw new Error(`${operator} is not understood`);
  const groups = Map.groupBy(samples, ({ labels }) => labelsKey(pick(labels, by)));
  return [...groups.values()].map((group) => ({
    labels: pick(group[0]?.labels ?? {}, by),
    value: of(group.map(({ value }) => value)),
  }));
}

const pick = (labels: Labels, names: readonly string[]): Labels =>
  Object.fromEntries(names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])));

type Binary = Extract<Expression, { readonly kind: 'binary' }>;

const ARITHMETIC: Readonly<Record<string, (one: number, other: number) => number>> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => one / other,
};

const COMPARISONS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  '>': (one, other) => one > other,
  '<': (one, other) => one < other,
  '>=': (one, other) => one >= other,
  '<=': (one, other) => one <= other,
  '==': (one, other) => one === other,
  '!=': (one, other) => one !== other,
};

function binary({ operator, matching, ...sides }: Binary, moment: Moment): Value {
  const left = evaluatePromql(sides.left, moment);
  const right = evaluatePromql(sides.right, moment);
  if (['and', 'or', 'unless'].includes(operator))
    return sets(operator, { matching, left: vector(left), right: vector(right) });
  const compute = (one: number, other: number, labels: Labels): readonly Sample[] => {
    const arithmetic = ARITHMETIC[operator];
    if (arithmetic !== undefined) return [{ labels, value: arithmetic(one, other) }];
    const compare = COMPARISONS[operator];
    if (compare === undefined) throw new Error(`the operator ${operator} is not understood`);
    // A comparison keeps what is so, with its own value.
    return compare(one, other) ? [{ labels, value: typeof left === 'number' ? other : one }] : [];
  };
  if (typeof left === 'number' && typeof right === 'number') {
    const arithmetic = ARITHMETIC[operator];
    if (arithmetic === undefined) throw new Error(`two numbers are not compared: ${operator}`);
    return arithmetic(left, right);
  }
  if (typeof left === 'number') return vector(right).flatMap(({ labels, value }) => compute(left, value, labels));
  if (typeof right === 'number') return left.flatMap(({ labels, value }) => compute(value, right, labels));
  return left.flatMap(({ labels, value }) => {
    const partners = right.filter((other) => matchKey(other.labels, matching) === matchKey(labels, matching));
    const [partner, ...more] = partners;
    if (more.length > 0) throw new Error(`${operator}: several partners of ${labelsKey(labels)}`);
    return partner === undefined ? [] : compute(value, partner.value, labels);
  });
}

const matchKey = (labels: Labels, { on }: Matching) => labelsKey(on === null ? labels : pick(labels, on));

function sets(
  operator: string,
  { matching, left, right }: { matching: Matching; left: readonly Sample[]; right: readonly Sample[] },
): Value {
  const keys = (samples: readonly Sample[]) => new Set(samples.map(({ labels }) => matchKey(labels, matching)));
  const onRight = keys(right);
  if (operator === 'and') return left.filter(({ labels }) => onRight.has(matchKey(labels, matching)));
  if (operator === 'unless') return left.filter(({ labels }) => !onRight.has(matchKey(labels, matching)));
  const onLeft = keys(left);
  return [...left, ...right.filter(({ labels }) => !onLeft.has(matchKey(labels, matching)))];
}

function vector(value: Value): readonly Sample[] {
  if (typeof value === 'number') throw new Error('a number is no vector');
  return value;
}

function number(value: Value): number {
  if (typeof value !== 'number') throw new Error('a number is expected');
  return value;
}
