import { Journal, type JournalEntry } from '../kit/journal.ts';

/** Query parameters that contain a key, a secret or a session; the vendor accepts them in the URL. */
const SECRETS = new Set([
  'api_key',
  'api_secret',
  'rsu_api_key',
  'rsu_api_reg',
  'sp_api_key',
  'sp_api_secret',
  'tmp_key',
  'tmp_secret',
  'protected_api_signature',
]);

/** Removes the values of secret parameters; everything else stays as sent. */
export function redactUrl(url: string): string {
  const [path = '', ...rest] = url.split('?');
  if (rest.length === 0) return url;
  const query = rest
    .join('?')
    .split('&')
    .map((pair) => {
      const [name = ''] = pair.split('=');
      return SECRETS.has(plain(name).toLowerCase()) ? `${name}=REDACTED` : pair;
    });
  return `${path}?${query.join('&')}`;
}

function plain(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** A journal without secrets, although the vendor takes them in URLs. */
export class RedactingJournal extends Journal {
  override begin(request: Parameters<Journal['begin']>[0]): JournalEntry {
    return super.begin({ ...request, path: redactUrl(request.path) });
  }
}
