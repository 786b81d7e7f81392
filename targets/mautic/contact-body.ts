import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Suppression } from '../../sync/suppression.ts';
import type { SendRequest } from '../remote-system.ts';
import type { Failure } from './answers.ts';
import type { ContactBody } from './api.ts';
import { ALIASES, EMS_ID_FIELD, FIELDS } from './contact-fields.ts';

/** All values that EMS decides, spelt out: null blanks, if blanking is requested. */
export function fieldsBody({ key, content }: SendRequest): ContactBody {
  return {
    ...Object.fromEntries(ALIASES.map(([name, alias]) => [alias, canonicalForm(content[name])])),
    [EMS_ID_FIELD.alias]: key,
    tags: ['ems'],
  };
}

/** Channels that EMS has opted out of, or in to. */
export function optedOut({ content }: SendRequest): Suppression['channel'][] {
  return (['email', 'sms'] as const).filter((channel) => saidOn(content, channel) === 'out');
}

export function optedIn({ content }: SendRequest): Suppression['channel'][] {
  return (['email', 'sms'] as const).filter((channel) => saidOn(content, channel) === 'in');
}

function saidOn(content: SendRequest['content'], channel: Suppression['channel']): unknown {
  const consent = canonicalForm(content['consent']);
  return typeof consent === 'object' && consent !== null && !Array.isArray(consent) ? consent[channel] : undefined;
}

/** Mautic drops numbers whose integer part is zero, except in a PUT: see `writeZeros`. */
export function hasZeros({ content }: SendRequest): boolean {
  return FIELDS.some((name) => isZero(content[name]));
}

export function isZero(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && Math.trunc(Number(value)) === 0;
}

/** Whether Mautic reported this field's value as invalid. */
export const names = (failures: readonly Failure[], field: string) =>
  failures.some(({ details }) => Object.hasOwn(details ?? {}, field));
