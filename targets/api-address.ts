/**
 * The address of an API.
 *
 * @param url as an operator has set it, with or without slashes at its end.
 * @param path what the API's paths begin with, for example `/v1`.
 */
export function apiAddress(url: string, path = ''): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return `${url.slice(0, end)}${path}`;
}
