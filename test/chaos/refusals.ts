import { z } from 'zod';
import { inSnapshot } from '../../demo/in-snapshot.ts';
import type { World } from './world.ts';

const mailchimpState = z.looseObject({
  members: z.record(z.string(), z.looseObject({ email: z.string(), status: z.string() })),
});
const mauticState = z.looseObject({
  contacts: z.record(
    z.string(),
    z.looseObject({
      fields: z.record(z.string(), z.unknown()),
      doNotContact: z.array(z.looseObject({ channel: z.string(), reason: z.unknown() })),
    }),
  ),
});

interface Refusal {
  readonly process: 'MAILCHIMP' | 'MAUTIC';
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Who has refused mail at a marketing target, as this program saw it there with its own eyes. Nobody who has may be
 * mailed again, unless EMS got a later opt-in.
 */
export class Refusals {
  readonly #seen = new Map<string, Refusal>();

  /** Looks at the targets. A target that is down is looked at the next time. */
  async look(world: World): Promise<void> {
    const at = Date.now();
    for (const [process, address] of await refusedNow(world)) {
      const key = `${process} ${address}`;
      if (!this.#seen.has(key)) this.#seen.set(key, { process, address, at });
    }
  }

  get count(): number {
    return this.#seen.size;
  }

  /** One line for each that is mailed again without a later opt-in in EMS. */
  async brokenAt(world: World): Promise<string[]> {
    const still = new Set((await refusedNow(world)).map((one) => one.join(' ')));
    const gone = [...this.#seen].filter(([key]) => !still.has(key)).map(([, refusal]) => refusal);
    const broken: string[] = [];
    for (const { process, address, at } of gone) {
      if (!(await isMailable(world, process, address)) || (await hasOptedIn(world, address, at))) continue;
      broken.push(`${process}: an address that refused at ${new Date(at).toISOString()} can be mailed again`);
    }
    return broken;
  }
}

async function stateOf({ targets }: World, process: Refusal['process']): Promise<unknown> {
  const url = targets.get(process)?.stateUrl;
  if (url === undefined) return null;
  return fetch(url).then(
    (response) => (response.ok ? response.json() : null),
    () => null,
  );
}

async function refusedNow(world: World): Promise<[Refusal['process'], string][]> {
  const mailchimp = mailchimpState.safeParse(await stateOf(world, 'MAILCHIMP'));
  const mautic = mauticState.safeParse(await stateOf(world, 'MAUTIC'));
  return [
    ...Object.values(mailchimp.data?.members ?? {})
      .filter(({ status }) => status === 'unsubscribed' || status === 'cleaned')
      .map(({ email }): [Refusal['process'], string] => ['MAILCHIMP', email.toLowerCase()]),
    ...Object.values(mautic.data?.contacts ?? {}).flatMap(
      ({ fields, doNotContact }): [Refusal['process'], string][] => {
        const { email } = fields;
        const isRefused = doNotContact.some(({ channel }) => channel === 'email');
        return isRefused && typeof email === 'string' ? [['MAUTIC', email.toLowerCase()]] : [];
      },
    ),
  ];
}

async function isMailable(world: World, process: Refusal['process'], address: string): Promise<boolean> {
  if (process === 'MAILCHIMP') {
    const state = mailchimpState.parse(await stateOf(world, process));
    return Object.values(state.members).some(
      ({ email, status }) => email.toLowerCase() === address && status === 'subscribed',
    );
  }
  const state = mauticState.parse(await stateOf(world, process));
  return Object.values(state.contacts).some(({ fields }) => String(fields['email']).toLowerCase() === address);
}

/** EMS has got an opt-in for a person with this address since; two seconds for clocks and open transactions. */
async function hasOptedIn({ databaseUrl }: World, address: string, at: number): Promise<boolean> {
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query(
      `SELECT FROM contact_preference c JOIN person p ON p.id = c.person_id
       WHERE c.opted_in AND c.modified_on > to_timestamp($2) AND lower(btrim(p.email)) = $1 LIMIT 1`,
      [address, at / 1_000 - 2],
    ),
  );
  return rows.length > 0;
}
