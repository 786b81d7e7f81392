import { z } from 'zod';

const given = (error: string) => z.string({ error }).min(1, { error });

const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .default('false')
  .transform((word) => word === 'true');

const PAIR = 'must be set together with RUNSIGNUP_REG_ID and RUNSIGNUP_REG_SECRET, or not at all';

const RATE = 'must be a whole number of calls a minute, at least 1';

export const runSignupSettings = z
  .object({
    RUNSIGNUP_URL: z.url({
      protocol: /^https?$/,
      error: 'must be the http(s) address of RunSignup, for example https://api.runsignup.com/rest',
    }),
    RUNSIGNUP_API_KEY: given('must be the API key (rsu_api_key)'),
    RUNSIGNUP_API_SECRET: given('must be the secret of the API key'),
    /** The caller's registration, which RunSignup requires from 2027 on. */
    RUNSIGNUP_REG_ID: given(PAIR).optional(),
    RUNSIGNUP_REG_SECRET: given(PAIR).optional(),
    /** The vendor publishes no limit; one integrator uses 1,000 calls an hour. */
    RUNSIGNUP_CALLS_PER_MINUTE: z.coerce
      .number({ error: RATE })
      .int({ error: RATE })
      .min(1, { error: RATE })
      .default(15),
    RUNSIGNUP_WRITE_PERSONAL: flag,
    RUNSIGNUP_WRITE_CORRALS: flag,
    RUNSIGNUP_CREATE_RACES: flag,
  })
  .refine((all) => (all.RUNSIGNUP_REG_ID === undefined) === (all.RUNSIGNUP_REG_SECRET === undefined), {
    error: PAIR,
    path: ['RUNSIGNUP_REG_ID'],
  });

export type RunSignupSettings = z.infer<typeof runSignupSettings>;
