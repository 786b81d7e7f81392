import { Journal, type JournalEntry } from '../kit/journal.ts';

/** Query parameters that carry a key, a secret or a session; the vendor takes them in the URL. */
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

/** Only the names of secret parameters are left; everything else stays as it was sent. */
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

/** A journal that never holds a secret, although they travel in URLs. */
export class RedactingJournal extends Journal {
  override begin(request: Parameters<Journal['begin']>[0]): JournalEntry {
    return super.begin({ ...request, path: redactUrl(request.path) });
  }
}
