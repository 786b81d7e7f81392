import { readFileSync } from 'node:fs';
import { isMap, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { z } from 'zod';
import { SettingsError } from '../../settings/settings-error.ts';
import { SOURCE_ENTITIES } from '../entities/index.ts';
import { emsColumns, EXTRA_COLUMNS } from './ems-columns.ts';
import type { EmsModel, EmsType, EntityModel } from './ems-model.ts';

/** A model, and where each part of it stands. */
export interface ModelFile {
  readonly model: EmsModel;
  /** `model.yaml, line 12: Person.first_name`, for a problem that the database shows. */
  readonly place: (type: EmsType, column?: string) => string;
}

const TYPES = Object.keys(SOURCE_ENTITIES) as EmsType[];

/** PostgreSQL cuts longer names off. A dot would be read as the end of a schema's name. */
const NAME = /^[^\s."\p{Cc}](?:[^."\p{Cc}]{0,61}[^\s."\p{Cc}])?$/u;
const NAME_IS = 'must be a name in PostgreSQL, exactly as EMS writes it, without quotes';
const QUALIFIED_IS = 'must be schema.name, for example ems.person, exactly as EMS writes it, without quotes';

const name = z.string({ error: NAME_IS }).regex(NAME, { error: NAME_IS });

const qualified = z
  .string({ error: QUALIFIED_IS })
  .refine((text) => text.split('.').length === 2 && text.split('.').every((part) => NAME.test(part)), {
    error: QUALIFIED_IS,
  });

const VALUE_IS = 'must be a text, a number, true or false';
const value = z.union([z.string(), z.number(), z.boolean()], { error: VALUE_IS });

const DELETED_IS =
  'must have a column, and either equals (the value of deleted rows) or isSet: true (rows with any value are deleted)';
const INSERTED_IS = 'must have either generate: uuid, generate: now, or value';

const entitySchema = z.strictObject({
  table: qualified,
  columns: z.record(z.string(), name.nullable(), { error: 'must list our columns with those of EMS' }).default({}),
  deleted: z
    .union(
      [z.strictObject({ column: name, equals: value }), z.strictObject({ column: name, isSet: z.literal(true) })],
      {
        error: DELETED_IS,
      },
    )
    .optional(),
  onInsert: z
    .record(
      name,
      z.union([z.strictObject({ generate: z.enum(['uuid', 'now']) }), z.strictObject({ value })], {
        error: INSERTED_IS,
      }),
      { error: 'must list columns of EMS, each with generate or value' },
    )
    .default({}),
  idSequence: qualified.optional(),
});

const modelSchema = z.strictObject({
  naming: z.enum(['snake_case', 'camelCase'], { error: 'must be snake_case or camelCase' }).default('snake_case'),
  entities: z.partialRecord(z.enum(TYPES), entitySchema.nullable(), { error: 'must list the entities that EMS has' }),
});

type Declared = z.infer<typeof entitySchema>;

/**
 * Reads `EMS_MODEL_FILE`.
 *
 * @throws SettingsError with a line for each problem: file, line, entity, column, and what is wrong.
 */
export function readModelFile(file: string): ModelFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new SettingsError([`EMS_MODEL_FILE: cannot read ${file}`]);
  }
  return parseModel(text, file);
}

/** @param file its name, for problems. @throws SettingsError as {@link readModelFile} does. */
export function parseModel(text: string, file: string): ModelFile {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  if (document.errors.length > 0) {
    throw new SettingsError(
      document.errors.map(({ linePos, message }) => `${file}, line ${linePos?.[0].line ?? 1}: ${firstLine(message)}`),
    );
  }
  const at = (path: readonly PropertyKey[]) => `${file}, line ${lineOf(document, counter, path)}`;
  const parsed = modelSchema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (!parsed.success) throw new SettingsError(inOrder(parsed.error.issues.flatMap((issue) => formatIssue(issue, at))));
  const { naming, entities } = parsed.data;
  const problems: string[] = [];
  const model: Partial<Record<EmsType, EntityModel | null>> = {};
  for (const type of TYPES) {
    const declared = entities[type];
    if (declared === undefined) continue;
    if (declared === null) {
      model[type] = null;
      continue;
    }
    const problem = (path: readonly string[], what: string) =>
      problems.push(`${at(['entities', type, ...path])}: ${what}`);
    checkColumns(type, declared, problem);
    const [schema = '', table = ''] = declared.table.split('.');
    const entity: EntityModel = {
      schema,
      table,
      columns: columnsOf(type, declared, naming),
      deleted: declared.deleted ?? null,
      onInsert: declared.onInsert,
      idSequence: declared.idSequence ?? null,
    };
    model[type] = entity;
    checkUse(type, entity, problem);
  }
  if (Object.keys(model).length === 0) problems.push(`${at(['entities'])}: lists no entity`);
  if (problems.length > 0) throw new SettingsError(inOrder(problems));
  return {
    model,
    place: (type, column) =>
      `${at(['entities', type, ...(column === undefined ? [] : ['columns', column])])}: ${type}${column === undefined ? '' : `.${column}`}`,
  };
}

/** By their lines. */
const inOrder = (problems: readonly string[]) =>
  problems.toSorted((one, other) => Number(LINE.exec(one)?.[1] ?? 0) - Number(LINE.exec(other)?.[1] ?? 0));

const LINE = /, line (\d+): /;

type Problem = (path: readonly string[], what: string) => void;

function checkColumns(type: EmsType, { columns }: Declared, problem: Problem): void {
  const known = [...emsColumns(type), ...EXTRA_COLUMNS];
  for (const [column, emsColumn] of Object.entries(columns)) {
    const found = known.find((one) => one.column === column);
    if (found === undefined) {
      problem(
        ['columns', column],
        `${type} has no column ${column}. It has: ${known.map((one) => one.column).join(', ')}`,
      );
    } else if (emsColumn === null && found.isRequired) {
      problem(['columns', column], `${type}.${column} cannot be left out: without it no row can be synced`);
    }
  }
}

/** A statement that writes one column of EMS twice is refused by PostgreSQL. */
function checkUse(type: EmsType, { columns }: EntityModel, problem: Problem): void {
  const ours = new Map<string, string>();
  for (const [column, emsColumn] of Object.entries(columns)) {
    if (emsColumn === null) continue;
    const other = ours.get(emsColumn);
    if (other !== undefined)
      problem(['columns', column], `${type}.${column} and ${type}.${other} both name ${emsColumn}`);
    ours.set(emsColumn, column);
  }
}

function columnsOf(type: EmsType, { columns }: Declared, naming: 'snake_case' | 'camelCase'): EntityModel['columns'] {
  const byDefault = emsColumns(type).map(({ column }) => [column, naming === 'camelCase' ? camelCase(column) : column]);
  return { ...Object.fromEntries(byDefault), ...columns };
}

const camelCase = (column: string) => column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const firstLine = (message: string) => (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:$/, '');

/** By depth, what a name could have been. */
const KNOWN = [
  `unknown. Known: ${Object.keys(modelSchema.shape).join(', ')}`,
  `no entity. Entities: ${TYPES.join(', ')}`,
  `unknown. Known: ${Object.keys(entitySchema.shape).join(', ')}`,
];

/** `entities.Person.columns.id` and what is wrong with it; an unknown name has a problem of its own. */
function formatIssue(issue: z.core.$ZodIssue, at: (path: readonly PropertyKey[]) => string): string[] {
  if (issue.code === 'unrecognized_keys') {
    const known = KNOWN[issue.path.length] ?? '';
    return issue.keys.map((key) => `${at([...issue.path, key])}: ${nameOf([...issue.path, key])} is ${known}`);
  }
  if (issue.code === 'invalid_key') return [`${at(issue.path)}: ${nameOf(issue.path)} ${NAME_IS}`];
  const wants = issue.message.startsWith('must') ? issue.message : `is wrong: ${issue.message}`;
  return [`${at(issue.path)}: ${nameOf(issue.path)} ${wants}`];
}

/** `entities.Person.columns.id` → `Person.id`. */
const nameOf = (path: readonly PropertyKey[]) =>
  path.filter((part, place) => !(place === 0 && path.length > 1) && part !== 'columns').join('.') || 'the file';

/** The line of the deepest part of the path that is there. */
function lineOf(document: Document, counter: LineCounter, path: readonly PropertyKey[]): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const part of path) {
    if (!isMap(node)) break;
    const pair = node.items.find(({ key }) => String((key as { value?: unknown } | null)?.value) === String(part));
    if (pair === undefined) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value as Node | null;
  }
  return counter.linePos(offset).line;
}
