import { z } from 'zod';
import { hasOptedIn } from './opt-ins.ts';
import type { World } from './world.ts';

const mailchimpState = z.looseObject({
  members: z.record(z.string(), z.looseObject({ email: z.string(), status: z.string(), hold: z.string().nullish() })),
});
const mauticState = z.looseObject({
  contacts: z.record(
    z.string(),
    z.looseObject({
      fields: z.record(z.string(), z.unknown()),
      doNotContact: z.array(z.looseObject({ channel: z.string(), comments: z.string().nullish() })),
    }),
  ),
});

type Process = 'MAILCHIMP' | 'MAUTIC';

/** An address that was seen as refusing mail, and what became of it. */
interface Watched {
  readonly process: Process;
  readonly address: string;
  /** When each refusal was seen for the first time, in milliseconds since 1970. A later one needs an opt-in of its own. */
  readonly refusedAt: number[];
  isRefusedNow: boolean;
}

/** From refused to mailable, as it was seen. */
interface Revival {
  readonly process: Process;
  readonly address: string;
  readonly refusedAt: number;
}

/**
 * Who has refused mail at a marketing target, as this program saw it there with its own eyes. Nobody who has may be
 * mailed again, unless EMS got a later opt-in: not at the end, and not for a moment.
 */
export class Refusals {
  readonly #watched = new Map<string, Watched>();
  readonly #revivals: Revival[] = [];

  /** Looks at the targets. A target that is down is looked at the next time. */
  async look(world: World): Promise<void> {
    for (const process of ['MAILCHIMP', 'MAUTIC'] as const) {
      const at = Date.now();
      const seen = await lookAt(world, process);
      if (seen === null) continue;
      for (const address of seen.refused) this.#refused(process, address, at);
      for (const one of this.#watched.values()) {
        if (one.process !== process || !one.isRefusedNow || seen.refused.has(one.address)) continue;
        // Who is not there at all can be mailed no more than who refuses.
        if (!seen.mailable.has(one.address)) continue;
        one.isRefusedNow = false;
        this.#revivals.push({ process, address: one.address, refusedAt: one.refusedAt.at(-1) ?? 0 });
      }
    }
  }

  #refused(process: Process, address: string, at: number): void {
    const key = `${process} ${address}`;
    const known = this.#watched.get(key);
    if (known === undefined) this.#watched.set(key, { process, address, refusedAt: [at], isRefusedNow: true });
    else if (!known.isRefusedNow) {
      known.refusedAt.push(at);
      known.isRefusedNow = true;
    }
  }

  get count(): number {
    return [...this.#watched.values()].reduce((sum, { refusedAt }) => sum + refusedAt.length, 0);
  }

  /** One line for each that could be mailed again, now or before, without a later opt-in in EMS. */
  async brokenAt(world: World): Promise<string[]> {
    await this.look(world);
    const broken: string[] = [];
    for (const { process, address, refusedAt } of this.#revivals) {
      if (await hasOptedIn(world.databaseUrl, address, refusedAt)) continue;
      broken.push(`${process}: an address that refused at ${new Date(refusedAt).toISOString()} could be mailed again`);
    }
    return broken;
  }
}

/** Addresses in lower case. */
interface Seen {
  readonly refused: ReadonlySet<string>;
  readonly mailable: ReadonlySet<string>;
}

async function lookAt(world: World, process: Process): Promise<Seen | null> {
  const state = await stateOf(world, process);
  if (state === null) return null;
  const all = process === 'MAILCHIMP' ? atMailchimp(state) : atMautic(state);
  const addresses = (wanted: Addressee['refusal']) =>
    new Set(all.flatMap(({ address, refusal }) => (refusal === wanted ? [address.toLowerCase()] : [])));
  return { refused: addresses('own'), mailable: addresses('none') };
}

/** `ems`: EMS's own opt-out, which is about its person and not about the address. */
interface Addressee {
  readonly address: string;
  readonly refusal: 'none' | 'ems' | 'own';
}

function atMailchimp(state: unknown): Addressee[] {
  return Object.values(mailchimpState.parse(state).members).flatMap(({ email: address, status, hold }): Addressee[] => {
    if (status === 'subscribed') return [{ address, refusal: 'none' }];
    if (status !== 'unsubscribed' && status !== 'cleaned') return [];
    return [{ address, refusal: hold === 'api' ? 'ems' : 'own' }];
  });
}

function atMautic(state: unknown): Addressee[] {
  return Object.values(mauticState.parse(state).contacts).flatMap(({ fields, doNotContact }): Addressee[] => {
    const { email: address } = fields;
    if (typeof address !== 'string' || address === '') return [];
    const refusals = doNotContact.filter(({ channel }) => channel === 'email');
    if (refusals.length === 0) return [{ address, refusal: 'none' }];
    return [{ address, refusal: refusals.every(({ comments }) => comments === 'EMS') ? 'ems' : 'own' }];
  });
}

async function stateOf({ targets }: World, process: Process): Promise<unknown> {
  const url = targets.get(process)?.stateUrl;
  if (url === undefined) return null;
  return fetch(url).then(
    (response) => (response.ok ? response.json() : null),
    () => null,
  );
}
