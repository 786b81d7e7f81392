/** Case and word separators do not matter: `start-group`, `StartGroup` and `start_group` are the same. */
export const plain = (name: string): string => name.replaceAll(/[-_ ]/g, '').toLowerCase();

/** The valid name that is spelt like this one, in any spelling; the name itself if there is none. */
export const asDeclared = (name: unknown, valid: readonly string[]): unknown =>
  typeof name === 'string' ? (valid.find((one) => plain(one) === plain(name)) ?? name) : name;
