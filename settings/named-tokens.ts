import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A caller of the gateway. Its token is kept as a hash only. */
export interface NamedToken {
  /** Who calls, for the audit log. Several tokens may have one name, so that a token can be changed without a gap. */
  readonly name: string;
  /** SHA-256. */
  readonly digest: Buffer;
  readonly length: number;
}

/** Without a comma, which separates tokens. */
const NAMED = /^([a-z][a-z0-9_-]{0,31}):([\x21-\x2b\x2d-\x7e]+)$/;

/** Parses `NAME:TOKEN,NAME:TOKEN`. */
export const namedTokens = z
  .string()
  .transform((text) => text.split(',').map((one) => NAMED.exec(one.trim())))
  .refine((all) => all.every((one) => one !== null), {
    error:
      'must be NAME:TOKEN, several with commas between (ems:…, with openssl rand -hex 32 for the token); a name has small letters, digits, "-" and "_"',
  })
  .transform((all) =>
    all.map((one): NamedToken => {
      const [, name = '', token = ''] = one ?? [];
      return { name, digest: createHash('sha256').update(token).digest(), length: token.length };
    }),
  );
