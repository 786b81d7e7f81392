/**
 * Joins the address of an API.
 *
 * @param url as set by an operator, with or without trailing slashes.
 * @param path the prefix of the API's paths, for example `/v1`.
 */
export function apiAddress(url: string, path = ''): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return `${url.slice(0, end)}${path}`;
}
