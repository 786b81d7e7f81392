import type { FastifyReply } from 'fastify';
import type { SeededRandom } from './random.ts';

/** Any of the texts, each time another one. */
export const oneOf = (texts: readonly string[], random: SeededRandom) => () =>
  texts[Math.floor(random.next() * texts.length)] ?? '';

/** Every property in which one of the vendors tells why it refuses, each with one text. */
const refusalIn = (text: string) => ({
  code: text,
  title: text,
  detail: text,
  message: text,
  error: text,
  error_description: text,
  error_msg: text,
  attributes: [text],
  errors: [{ pointer: `/${text}`, code: text, field: text, message: text, type: text, details: { [text]: [text] } }],
});

/** A refusal in the vendor's form, where each text, and the name of a further property, is one of these texts. */
export function hostileRefusal(body: unknown, texts: () => string): unknown {
  const vendors = typeof body === 'object' && body !== null ? { ...body } : {};
  return { ...refusalIn(texts()), ...(hostileValue(vendors, () => true, texts) as object) };
}

/**
 * The same JSON, with one of these texts in place of each string that `strikes`, and in the name of a further property
 * of each object.
 */
export function hostileValue(value: unknown, strikes: () => boolean, texts: () => string): unknown {
  if (typeof value === 'string') return strikes() ? texts() : value;
  if (Array.isArray(value)) return value.map((one) => hostileValue(one, strikes, texts));
  if (typeof value !== 'object' || value === null) return value;
  const own = Object.entries(value).map(([name, one]) => [name, hostileValue(one, strikes, texts)]);
  return Object.fromEntries(strikes() ? [...own, [texts(), texts()]] : own);
}

const HEADERS = ['etag', 'x-request-id', 'x-error', 'warning', 'server', 'www-authenticate', 'link', 'set-cookie'];

/** The same texts in headers, also in the reason phrase of the status line. */
export function addHostileHeaders(reply: FastifyReply, texts: () => string): void {
  for (const name of HEADERS) void reply.header(name, texts());
  reply.raw.statusMessage = texts();
}
