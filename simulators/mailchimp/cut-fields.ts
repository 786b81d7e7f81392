type Query = Readonly<Record<string, string | undefined>>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pathsOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');

/** Cuts the body as `fields` and `exclude_fields` ask: dotted paths, which pass through lists. */
export function cutFields(body: unknown, query: Query): unknown {
  const kept = pathsOf(query['fields']);
  const left = pathsOf(query['exclude_fields']);
  const only = kept.length === 0 ? body : onlyFields(body, kept);
  return left.length === 0 ? only : withoutFields(only, left);
}

/** The rest of each path after `key`; empty for a path that ends there. */
const under = (paths: readonly string[], key: string): readonly string[] =>
  paths.flatMap((path) => {
    if (path === key) return [''];
    return path.startsWith(`${key}.`) ? [path.slice(key.length + 1)] : [];
  });

function onlyFields(value: unknown, paths: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => onlyFields(each, paths));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const rest = under(paths, key);
      if (rest.length === 0) return [];
      return [[key, rest.includes('') ? inner : onlyFields(inner, rest)]];
    }),
  );
}

function withoutFields(value: unknown, paths: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutFields(each, paths));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const rest = under(paths, key);
      if (rest.includes('')) return [];
      return [[key, rest.length === 0 ? inner : withoutFields(inner, rest)]];
    }),
  );
}
