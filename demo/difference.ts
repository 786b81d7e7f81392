/** One entity at a target: its fields by the target's names, null if empty. */
export type Content = Readonly<Record<string, string | number | null>>;

/** Where a target differs from EMS. Contains no values. */
export interface Difference {
  /** The target's name for the type. */
  readonly type: string;
  readonly id: string;
  readonly what: 'missing' | 'surplus' | 'different';
  /** The fields that differ; none unless `different`. */
  readonly fields: readonly string[];
}

/** Compares the wanted and the actual entities of one type, by id. */
export function differencesOf(
  type: string,
  wanted: ReadonlyMap<string, Content>,
  held: ReadonlyMap<string, Content>,
): Difference[] {
  const missing = [...wanted.keys()].filter((id) => !held.has(id));
  const surplus = [...held.keys()].filter((id) => !wanted.has(id));
  const different = [...wanted].flatMap(([id, content]) => {
    const other = held.get(id);
    const fields = other === undefined ? [] : differingFields(content, other);
    return fields.length === 0 ? [] : [{ type, id, what: 'different' as const, fields }];
  });
  return [
    ...missing.map((id) => ({ type, id, what: 'missing' as const, fields: [] })),
    ...surplus.map((id) => ({ type, id, what: 'surplus' as const, fields: [] })),
    ...different,
  ];
}

function differingFields(wanted: Content, held: Content): string[] {
  const names = new Set([...Object.keys(wanted), ...Object.keys(held)]);
  return [...names].filter((name) => (wanted[name] ?? null) !== (held[name] ?? null)).toSorted();
}

/** One line: `persons/47 is different: club, givenName`. */
export function describeDifference({ type, id, what, fields }: Difference): string {
  return `${type}/${id} is ${what}${fields.length === 0 ? '' : `: ${fields.join(', ')}`}`;
}
