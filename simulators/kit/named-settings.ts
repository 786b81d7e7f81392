import type { z } from 'zod';

/** Only the settings that were sent, without the schema's defaults. Throws ZodError for unknown ones. */
export function namedSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  sent: unknown,
): Partial<z.output<z.ZodObject<Shape>>> {
  const parsed = schema.partial().parse(sent);
  const named = new Set(typeof sent === 'object' && sent !== null ? Object.keys(sent) : []);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a part of what was parsed keeps its type.
  return Object.fromEntries(Object.entries(parsed).filter(([name]) => named.has(name))) as Partial<
    z.output<z.ZodObject<Shape>>
  >;
}
