import type { EmsRows } from '../database/entities/index.ts';
import type { Content } from '../sync/content-hash.ts';
import type { EntityType } from '../sync/entity-type.ts';
import {
  commonMapping,
  mappable,
  mapped,
  type EntityMapping,
  type Mapped,
  type MappingBase,
} from './entity-mapping.ts';
import type { Fields } from './field-declaration.ts';
import type { Changes, MatchCriterion } from './inbound-mapping.ts';
import type { AnySources, NoSources, SourceRows, Sources } from './source-rows.ts';

export interface TwoWayMappingDeclaration<
  T extends EntityType,
  S extends { readonly [name: string]: SourceRows },
> extends MappingBase<T, S> {
  readonly fields: Fields<T, S>;
  /** How a remote record without our id finds its row. Left out: never. */
  readonly match?: (content: Content) => readonly MatchCriterion[];
  /**
   * One row may have several remote records; the one with the highest number is kept. Left out: an operator decides
   * about a second one.
   */
  readonly newestRemoteWins?: true;
  /**
   * Why EMS must not create a row from this; null: it may. Left out: EMS never creates rows of this type from the
   * remote.
   */
  readonly refuseCreate?: (content: Content) => string | null;
}

/**
 * Declares how rows of one type and a target's records are kept in sync, field by field.
 *
 * @example
 * const from = rowsOf('Conversation');
 * defineTwoWayMapping({
 *   type: 'Conversation',
 *   filter: [],
 *   fields: { status: from.remote({ name: 'status' }, from.editable('status', STATUS)) },
 * });
 */
export function defineTwoWayMapping<
  T extends EntityType,
  const S extends { readonly [name: string]: SourceRows } = NoSources,
>(declaration: TwoWayMappingDeclaration<T, S>): EntityMapping {
  const fields = Object.entries(declaration.fields);
  const declared = Object.fromEntries(
    fields.map(([name, { owner, at, columns, kind }]) => [name, { owner, at, columns, kind }]),
  );
  const { match, refuseCreate, newestRemoteWins = false } = declaration;
  const noSources = Object.fromEntries(Object.keys(declaration.sources ?? {}).map((name) => [name, []]));
  const apply = (content: Content, names: readonly string[], row: EmsRows[EntityType] | null): Changes =>
    Object.assign(
      {},
      ...names.map((name) => declaration.fields[name]?.apply?.(content[name], row as EmsRows[T] | null)),
    ) as Changes;
  return Object.freeze({
    ...commonMapping(declaration, declared),
    owners: Object.fromEntries(fields.map(([name, { owner }]) => [name, owner])),
    map: (row: EmsRows[EntityType], sources: AnySources): Mapped =>
      mapped(() =>
        Object.fromEntries(
          fields
            .filter(([, { owner }]) => owner !== 'remote')
            .map(([name, { map }]) => [name, map(row as EmsRows[T], sources as Sources<S>)]),
        ),
      ),
    sendable: (row: EmsRows[EntityType], sources: AnySources): Content =>
      Object.fromEntries(
        fields.flatMap(([name, { owner, map }]) =>
          owner === 'remote' ? [] : mappable(name, () => map(row as EmsRows[T], sources as Sources<S>)),
        ),
      ),
    inbound: {
      view: (row: EmsRows[EntityType], sources: AnySources): Content =>
        Object.fromEntries(
          fields.flatMap(([name, { map }]) => mappable(name, () => map(row as EmsRows[T], sources as Sources<S>))),
        ),
      whenChanged: fields.flatMap(([name, { whenChanged }]) => (whenChanged === true ? [name] : [])),
      unsendable: (content: Content, row: EmsRows[EntityType] | null, sources: AnySources): string[] => {
        const holding = { ...row, ...apply(content, Object.keys(content), row) } as EmsRows[T];
        const given = { ...noSources, ...sources } as Sources<S>;
        return fields.flatMap(([name, { owner, map }]) =>
          owner === 'ems' || !Object.hasOwn(content, name) || mappable(name, () => map(holding, given)).length > 0
            ? []
            : [name],
        );
      },
      apply,
      newestRemoteWins,
      match: (content: Content) => match?.(content) ?? [],
      refuseCreate: (content: Content) =>
        refuseCreate === undefined ? `is not created from the remote side` : refuseCreate(content),
    },
  });
}
