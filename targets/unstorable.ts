import type { FieldValue } from '../sync/canonical-form.ts';
import type { Content } from '../sync/content-hash.ts';
import { isStorable } from '../sync/storable-text.ts';
import type { MalformedRecord, RemoteMessage, RemoteRecord } from './inbound-source.ts';

/**
 * Why a remote record cannot be stored in a database, in an operator's words; null if it can. A remote may return any
 * text, so this does not rely on the targets' own checks.
 */
export function unstorable(record: RemoteRecord): string | null {
  const { type, remoteId } = record;
  const field =
    unstorableField(record.content) ?? ((record.messages ?? []).every(isStorableMessage) ? null : 'messages');
  return field === null ? null : `${type} ${remoteId} holds a NUL or half a character at ${field}`;
}

/**
 * A list in which each record that cannot be stored is replaced by a malformed one. Related records are judged
 * separately: a registration may be fine although its person's name is not.
 */
export function withoutUnstorable(
  records: readonly (RemoteRecord | MalformedRecord)[],
): (RemoteRecord | MalformedRecord)[] {
  return records.flatMap((record): (RemoteRecord | MalformedRecord)[] => {
    if ('malformed' in record) return [record];
    const own = malformed(record);
    if (own !== null) return [own];
    const bad = record.related.flatMap((related) => malformed(related) ?? []);
    if (bad.length === 0) return [record];
    return [{ ...record, related: record.related.filter((related) => unstorable(related) === null) }, ...bad];
  });
}

function malformed(record: RemoteRecord): MalformedRecord | null {
  const what = unstorable(record);
  return what === null ? null : { malformed: what, type: record.type, remoteId: record.remoteId };
}

function unstorableField(content: Content): string | null {
  return Object.keys(content).find((field) => !isStorableValue(content[field])) ?? null;
}

function isStorableValue(value: FieldValue): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (value instanceof Set) return [...value].every(isStorableValue);
  if (Array.isArray(value)) return value.every(isStorableValue);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isStorableValue);
}

const isStorableMessage = ({ body, agentName }: RemoteMessage): boolean =>
  [body, agentName].every((text) => text === null || isStorable(text));
