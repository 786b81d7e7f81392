import { parse } from 'yaml';
import { AlertRules, type Rule } from './alert-rules.ts';
import { durationSeconds } from './duration.ts';
import { evaluatePromql } from './evaluate-promql.ts';
import { parsePromql } from './parse-promql.ts';
import { labelsKey, TimeSeries, type Labels } from './time-series.ts';

/** A test of promtool's. */
export interface RuleTest {
  readonly name: string;
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly promql_expr_test?: readonly {
    readonly expr: string;
    readonly eval_time: string;
    readonly exp_samples: readonly { readonly labels: string; readonly value: string }[];
  }[];
  readonly alert_rule_test?: readonly {
    readonly alertname: string;
    readonly eval_time: string;
    readonly exp_alerts: readonly { readonly exp_labels: Labels }[];
  }[];
}

/** As promtool reads them: `0x120` is a value with repetitions, no number. */
export function readRuleTests(text: string): readonly RuleTest[] {
  const { tests } = parse(text, { schema: 'failsafe' }) as { readonly tests: readonly RuleTest[] };
  return tests;
}

/** What a test expects, and what came of it. */
export interface Checked {
  readonly what: string;
  readonly expected: readonly string[];
  readonly found: readonly string[];
}

/** Runs a test of promtool's without promtool. Texts of alerts are left to promtool. */
export function runRuleTest(rules: readonly Rule[], test: RuleTest): readonly Checked[] {
  const every = durationSeconds(test.interval);
  const store = new TimeSeries();
  for (const { series, values } of test.input_series) {
    const { name, labels } = parseSeries(series);
    for (const [index, value] of expandValues(values).entries())
      if (value !== null) store.add(name, labels, { seconds: index * every, value });
  }
  const alerts = new AlertRules(rules);
  const checked: Checked[] = [];
  const checks = [...(test.promql_expr_test ?? []), ...(test.alert_rule_test ?? [])];
  const end = Math.max(...checks.map(({ eval_time }) => durationSeconds(eval_time)));
  for (let seconds = 0; seconds <= end; seconds += every) {
    const now = alerts.evaluate(store, seconds);
    const isNow = ({ eval_time }: { readonly eval_time: string }) => durationSeconds(eval_time) === seconds;
    for (const { expr, exp_samples } of test.promql_expr_test?.filter(isNow) ?? []) {
      const value = evaluatePromql(parsePromql(expr), { store, seconds });
      checked.push({
        what: `${expr} at ${seconds} s`,
        expected: exp_samples.map((one) => describe(parseSeries(one.labels).labels, Number(one.value))).toSorted(),
        found: (typeof value === 'number' ? [{ labels: {}, value }] : value)
          .map((one) => describe(one.labels, one.value))
          .toSorted(),
      });
    }
    for (const { alertname, exp_alerts } of test.alert_rule_test?.filter(isNow) ?? [])
      checked.push({
        what: `${alertname} at ${seconds} s`,
        expected: exp_alerts.map(({ exp_labels }) => labelsKey(exp_labels)).toSorted(),
        found: now
          .filter(({ alert, state }) => alert === alertname && state === 'firing')
          .map(({ labels }) => labelsKey(labels))
          .toSorted(),
      });
  }
  return checked;
}

const describe = (labels: Labels, value: number) => `{${labelsKey(labels)}} ${value}`;

/** Of `name{label="value"}`; name or braces may be left out. */
export function parseSeries(text: string): { readonly name: string; readonly labels: Labels } {
  const labels = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]);
  return { name: /^\w*/.exec(text)?.[0] ?? '', labels: Object.fromEntries(labels) };
}

/** `0+60x2 _x2 7` is 0, 60, 120, nothing, nothing, 7. Null: nothing. */
export function expandValues(text: string): readonly (number | null)[] {
  return text.split(/\s+/).flatMap((part): (number | null)[] => {
    const none = /^_(?:x(\d+))?$/.exec(part);
    if (none !== null) return Array.from({ length: Number(none[1] ?? 1) }, () => null);
    const [, first = '', step = '0', times = '0'] = /^(-?[\d.]+)([+-][\d.]+)?(?:x(\d+))?$/.exec(part) ?? [];
    if (first === '') throw new Error(`no values: ${part}`);
    return Array.from({ length: Number(times) + 1 }, (_, n) => Number(first) + n * Number(step));
  });
}
