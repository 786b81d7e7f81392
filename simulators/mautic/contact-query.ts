import { folded } from './clean.ts';
import { publishedFields } from './contact-form.ts';
import type { Mautic } from './mautic.ts';
import { type PhpQuery, columnTime } from './php.ts';
import type { Contact, FieldValue } from './records.ts';
import { serverError } from './refusal.ts';

type Test = (contact: Contact) => boolean;
type Read = (contact: Contact) => FieldValue;

const columnTimeOrNull = (ms: number | null): string | null => (ms === null ? null : columnTime(ms));

const ownColumns: Readonly<Record<string, Read>> = {
  id: ({ id }) => id,
  is_published: () => 1,
  points: ({ values }) => Number(values['points'] ?? 0),
  date_added: ({ dateAdded }) => columnTime(dateAdded),
  date_modified: ({ dateModified }) => columnTimeOrNull(dateModified),
  date_identified: ({ dateIdentified }) => columnTimeOrNull(dateIdentified),
  last_active: () => null,
  owner_id: () => null,
  stage_id: () => null,
};

const DATES = new Set(['date_added', 'date_modified', 'date_identified', 'last_active']);

const isDate = (column: string): boolean => DATES.has(column);

/** Throws the 500 of a database error. */
function columnOf(mautic: Mautic, name: string): Read {
  const own = ownColumns[name];
  if (own !== undefined) return own;
  if (publishedFields(mautic).some(({ alias }) => alias === name)) return ({ values }) => values[name] ?? null;
  throw serverError(`There is no column "${name}" of contacts.`);
}

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const withoutPrefix = (name: string): string => name.replace(/^l\./, '');

/** Compares as MySQL does: numbers as numbers, texts ignoring case and trailing blanks; null matches nothing. */
function compare(left: FieldValue, right: string): number | undefined {
  if (left === null) return undefined;
  if (typeof left === 'number') return left - (Number.parseFloat(right) || 0);
  const [a, b] = [folded(left).trimEnd(), folded(right).trimEnd()];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A zone is accepted and ignored. */
const TIME = /^(\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?)(?:Z|[+-]\d{2}:?\d{2})?$/;

/** Throws the 500 for a value that MySQL does not accept as a time. */
function timeOf(value: string): string {
  const known = TIME.exec(value)?.[1];
  if (known === undefined) throw serverError(`"${value}" is no time as where takes it: Y-m-d H:i:s, UTC.`);
  const [date = '', time = '00:00:00'] = known.split(/[ T]/);
  return `${date} ${time.length === 5 ? `${time}:00` : time.slice(0, 8)}`;
}

const listOf = (value: string | PhpQuery | undefined): string[] =>
  typeof value === 'object' ? Object.values(value).map(String) : (value ?? '').split(',').map((item) => item.trim());

const like = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('%', '[^]*')
      .replaceAll('_', '[^]')}$`,
    'iu',
  );

function statementOf(mautic: Mautic, statement: string | PhpQuery): Test {
  if (typeof statement === 'string') throw serverError('A statement of where has col, expr and val.');
  const { col, expr, val } = statement;
  if (expr === 'andX' || expr === 'orX') {
    const tests = Object.values(typeof val === 'object' ? val : {}).map((one) => statementOf(mautic, one));
    return expr === 'andX'
      ? (contact) => tests.every((test) => test(contact))
      : (contact) => tests.some((test) => test(contact));
  }
  if (typeof col !== 'string') throw serverError('A statement of where has no col.');
  const column = snakeCase(withoutPrefix(col));
  const read = columnOf(mautic, column);
  const text = (value: string): string => (isDate(column) ? timeOf(value) : value);
  const one = (holds: (order: number) => boolean): Test => {
    const value = text(typeof val === 'string' ? val : '');
    return (contact) => {
      const order = compare(read(contact), value);
      return order !== undefined && holds(order);
    };
  };
  const among = (): Test => {
    const values = listOf(val).map(text);
    return (contact) => values.some((value) => compare(read(contact), value) === 0);
  };
  switch (expr) {
    case 'eq':
      return one((order) => order === 0);
    case 'neq':
      return one((order) => order !== 0);
    case 'gt':
      return one((order) => order > 0);
    case 'gte':
      return one((order) => order >= 0);
    case 'lt':
      return one((order) => order < 0);
    case 'lte':
      return one((order) => order <= 0);
    case 'in':
      return among();
    case 'notIn': {
      const isAmong = among();
      return (contact) => read(contact) !== null && !isAmong(contact);
    }
    case 'like':
    case 'notLike': {
      const pattern = like(typeof val === 'string' ? val : '');
      return (contact) => {
        const value = read(contact);
        return value !== null && pattern.test(String(value)) === (expr === 'like');
      };
    }
    case 'isNull':
      return (contact) => read(contact) === null;
    case 'isNotNull':
      return (contact) => read(contact) !== null;
    // An unknown expression filters nothing.
    case undefined:
    default:
      return () => true;
  }
}

/** The conditions of `where[0][col]`, `[expr]`, `[val]`, combined with AND. `col` may be a property or a column. */
export function whereOf(mautic: Mautic, where: string | PhpQuery | undefined): Test {
  const tests = Object.values(typeof where === 'object' ? where : {}).map((one) => statementOf(mautic, one));
  return (contact) => tests.every((test) => test(contact));
}

const contains = (value: FieldValue | undefined, part: string): boolean =>
  value !== null && value !== undefined && folded(String(value)).includes(folded(part));

/** One word of a search: `email:ana@`, `+email:ana@clube.example`, `ids:1,2`, `!is:anonymous`, or text alone. */
function wordOf(mautic: Mautic, word: string): Test {
  const [, not = '', strict = '', command, quoted = ''] = /^(!?)(\+?)(?:([a-z0-9_]+):)?(.*)$/s.exec(word) ?? [];
  const value = quoted.replaceAll('"', '');
  const holds = commandOf(mautic, command, value, strict === '+' || value !== quoted);
  return not === '!' ? (contact) => !holds(contact) : holds;
}

function commandOf(mautic: Mautic, command: string | undefined, value: string, strict: boolean): Test {
  const { store } = mautic;
  const matches = (held: FieldValue | undefined): boolean =>
    strict ? held !== null && held !== undefined && folded(String(held)) === folded(value) : contains(held, value);
  switch (command) {
    case undefined:
      return ({ values }) =>
        ['firstname', 'lastname', 'email', 'company', 'city', 'state', 'country'].some((alias) =>
          contains(values[alias], value),
        );
    case 'ids': {
      const ids = new Set(value.split(',').map(Number));
      return ({ id }) => ids.has(id);
    }
    case 'is':
      return ({ dateIdentified }) => (value === 'anonymous' ? dateIdentified === null : true);
    case 'name':
      return ({ values }) => matches(values['firstname']) || matches(values['lastname']);
    case 'segment': {
      const segment = store.segments.by('alias', value)[0]?.id;
      return ({ segments }) => segments.some((one) => one.segment === segment && !one.manuallyRemoved);
    }
    case 'tag': {
      const tag = store.tags.by('tag', folded(value))[0]?.id;
      return ({ tags }) => tag !== undefined && tags.includes(tag);
    }
    default:
      return publishedFields(mautic).some(({ alias }) => alias === command)
        ? ({ values }) => matches(values[command])
        : ({ values }) => Object.values(values).some((held) => contains(held, `${command}:${value}`));
  }
}

/** All words must match; quotation marks keep blanks together. */
export function searchOf(mautic: Mautic, search: string): Test {
  const words = search.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const tests = words.map((word) => wordOf(mautic, word));
  return (contact) => tests.every((test) => test(contact));
}

/** Null sorts first. */
function orderOf(left: FieldValue, right: FieldValue): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  return compare(left, String(right)) ?? 0;
}

/** Sorted by a column in snake case; ties, and all rows without `orderBy`, by id. */
export function ordered(
  mautic: Mautic,
  contacts: readonly Contact[],
  orderBy: string,
  direction: string,
): readonly Contact[] {
  if (orderBy === '') return contacts;
  const read = columnOf(mautic, withoutPrefix(orderBy));
  const sign = direction.toLowerCase() === 'desc' ? -1 : 1;
  return contacts.toSorted((left, right) => sign * orderOf(read(left), read(right)) || left.id - right.id);
}
