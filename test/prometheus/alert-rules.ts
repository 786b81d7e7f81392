import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectFolder } from '../../local/folders.ts';
import { durationSeconds } from './duration.ts';
import { evaluatePromql } from './evaluate-promql.ts';
import { parsePromql, type Expression } from './parse-promql.ts';
import { labelsKey, type Labels, type TimeSeries } from './time-series.ts';

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly keep_firing_for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const ALERT_FILE = join(projectFolder, 'deploy', 'prometheus', 'alerts.yml');

/** Those of deploy/prometheus/alerts.yml. */
export function readRules(): readonly Rule[] {
  const { groups } = parse(readFileSync(ALERT_FILE, 'utf8')) as {
    groups: readonly { readonly rules: readonly Rule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

export interface Alert {
  readonly alert: string;
  /** With the labels of the rule. */
  readonly labels: Labels;
  readonly state: 'pending' | 'firing';
}

interface Active {
  readonly labels: Labels;
  readonly since: number;
  isFiring: boolean;
  /** Since when the rule's expression does not hold any more. */
  missingSince: number | null;
}

/** Evaluates rules again and again, as Prometheus does. */
export class AlertRules {
  readonly #rules: readonly {
    readonly rule: Rule;
    readonly expression: Expression;
    readonly active: Map<string, Active>;
  }[];
  #written: readonly Labels[] = [];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules.map((rule) => ({ rule, expression: parsePromql(rule.expr), active: new Map() }));
  }

  /** What is pending or fires then; it is added to the series `ALERTS`. Times must ascend. */
  evaluate(store: TimeSeries, seconds: number): readonly Alert[] {
    const alerts = this.#rules.flatMap(({ rule, expression, active }): Alert[] => {
      const found = evaluatePromql(expression, { store, seconds });
      if (typeof found === 'number') throw new Error(`${rule.alert} yields a number`);
      const seen = new Set(found.map(({ labels }) => labelsKey(labels)));
      for (const { labels } of found) {
        const known = active.get(labelsKey(labels)) ?? { labels, since: seconds, isFiring: false, missingSince: null };
        active.set(labelsKey(labels), Object.assign(known, { missingSince: null }));
      }
      for (const [key, one] of active) {
        if (!seen.has(key) && !keepsFiring(rule, one, seconds)) active.delete(key);
        else one.isFiring ||= seconds - one.since >= durationSeconds(rule.for);
      }
      return [...active.values()].map(({ labels, isFiring }) => ({
        alert: rule.alert,
        labels: { ...labels, ...rule.labels },
        state: isFiring ? 'firing' : 'pending',
      }));
    });
    this.#write(store, seconds, alerts);
    return alerts;
  }

  #write(store: TimeSeries, seconds: number, alerts: readonly Alert[]): void {
    const now = alerts.map(({ alert, labels, state }) => ({ ...labels, alertname: alert, alertstate: state }));
    const keys = new Set(now.map(labelsKey));
    for (const labels of now) store.add('ALERTS', labels, { seconds, value: 1 });
    for (const labels of this.#written)
      if (!keys.has(labelsKey(labels))) store.add('ALERTS', labels, { seconds, value: null });
    this.#written = now;
  }
}

function keepsFiring(rule: Rule, one: Active, seconds: number): boolean {
  if (!one.isFiring) return false;
  one.missingSince ??= seconds;
  return seconds - one.missingSince < durationSeconds(rule.keep_firing_for);
}
