import { z } from 'zod';

const TOKEN = 'must be the bearer token that TagServer knows this client by';

export const tagServerSettings = z.object({
  TAGSERVER_URL: z.url({ protocol: /^https?$/, error: 'must be the http(s) address of TagServer, without /v1' }),
  TAGSERVER_TOKEN: z.string({ error: TOKEN }).min(1, { error: TOKEN }),
});

export type TagServerSettings = z.infer<typeof tagServerSettings>;
