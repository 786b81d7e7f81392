import { z } from 'zod';
import type { CodecKey } from './payload-codec.ts';

/** 32 bytes in base64. */
const NAMED_KEY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/;

/** Parses `ID:KEY,ID:KEY`. */
export const codecKeys = z
  .string()
  .transform((text) => text.split(',').map((one) => NAMED_KEY.exec(one.trim())))
  .refine((all) => all.every((one) => one !== null) && new Set(all.map((one) => one?.[1])).size === all.length, {
    error:
      'must be ID:KEY with an id of your choice, for example 2027a, and 32 random bytes in base64 (openssl rand -base64 32); several, newest first, with commas between, each with another id',
  })
  .transform((all) =>
    all.map((one): CodecKey => {
      const [, id = '', key = ''] = one ?? [];
      return { id, key: new Uint8Array(Buffer.from(key, 'base64')) };
    }),
  );
