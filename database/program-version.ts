import { readFileSync } from 'node:fs';
import { z } from 'zod';

const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');

/** The version of this program. Another version may parse what this one could not. */
export const PROGRAM_VERSION = z.object({ version: z.string() }).parse(JSON.parse(file)).version;
