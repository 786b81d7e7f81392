import fc from '../seeded-fast-check.ts';
import type { CrashPoint } from './crashes.ts';
import type { Person, Wish } from './marketing-model.ts';
import type { MarketingWorld, Refusal } from './marketing-world.ts';

/** One step of a sequence. `who` and `at` pick one of the people and of the addresses there are. */
export type Step =
  | { readonly do: 'create'; readonly at: number; readonly wish: Wish }
  | { readonly do: 'rename' | 'delete' | 'retry'; readonly who: number }
  | { readonly do: 'move'; readonly who: number; readonly at: number | null }
  | { readonly do: 'wish'; readonly who: number; readonly wish: Wish }
  | { readonly do: 'lose-all' | 'poll' | 'approve' }
  | { readonly do: 'sweep'; readonly full: boolean }
  | { readonly do: 'refuse'; readonly at: number; readonly how: Refusal }
  | { readonly do: 'sign-up' | 'edit'; readonly at: number }
  | { readonly do: 'fault'; readonly fault: Fault; readonly times: number }
  | { readonly do: 'crash'; readonly point: CrashPoint };

type Fault = 'failBefore' | 'failAfter' | 429 | 503;

const ADDRESSES = 3;

const who = fc.nat(3);
const at = fc.nat(ADDRESSES - 1);
const wish = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Wish>('yes') },
  { weight: 1, arbitrary: fc.constantFrom<Wish>('no', 'nothing') },
);

const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });

export const step: fc.Arbitrary<Step> = fc.oneof(
  weighted(5, fc.record({ do: fc.constant('create'), at, wish })),
  weighted(2, fc.record({ do: fc.constant('rename'), who })),
  weighted(4, fc.record({ do: fc.constant('move'), who, at: fc.option<number>(at, { freq: 6 }) })),
  weighted(3, fc.record({ do: fc.constant('wish'), who, wish })),
  weighted(2, fc.record({ do: fc.constant('delete'), who })),
  weighted(1, fc.record({ do: fc.constant('retry'), who })),
  weighted(1, fc.record({ do: fc.constantFrom('lose-all', 'approve') })),
  weighted(1, fc.record({ do: fc.constant('poll') })),
  weighted(6, fc.record({ do: fc.constant('sweep'), full: fc.boolean() })),
  weighted(2, fc.record({ do: fc.constant('refuse'), at, how: fc.constantFrom<Refusal>('unsubscribe', 'bounce') })),
  weighted(1, fc.record({ do: fc.constantFrom('sign-up', 'edit'), at })),
  weighted(
    2,
    fc.record({
      do: fc.constant('fault'),
      fault: fc.constantFrom<Fault>('failBefore', 'failAfter', 429, 503),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  ),
  weighted(
    2,
    fc.record({
      do: fc.constant('crash'),
      point: fc.constantFrom<CrashPoint>('before-effect', 'after-effect', 'before-record'),
    }),
  ),
);

/** People whom EMS has, and has swept, before anything else happens. */
export const family: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ do: fc.constant('create' as const), at, wish }),
  { minLength: 1, maxLength: 3 },
);

export const addresses: readonly string[] = Array.from({ length: ADDRESSES }, (_, n) => `family${n}@clube.example`);

/** Takes one step in the world and in its model. What cannot happen is left out: somebody who is not there, for example. */
export async function take(world: MarketingWorld, one: Step): Promise<void> {
  switch (one.do) {
    case 'create':
      return world.create({ email: addresses[one.at] ?? null, wish: one.wish });
    case 'rename':
      return withPerson(world, one.who, (person) => world.rename(person));
    case 'delete':
      return withPerson(world, one.who, (person) => world.delete(person));
    case 'retry':
      return withPerson(world, one.who, (person) => world.retry(person));
    case 'move':
      return withPerson(world, one.who, (person) =>
        world.move(person, one.at === null ? null : (addresses[one.at] ?? null)),
      );
    case 'wish':
      return withPerson(world, one.who, (person) => world.wish(person, one.wish));
    case 'lose-all':
      return world.loseAll();
    case 'approve':
      await world.approve();
      return;
    case 'poll':
      return world.poll();
    case 'sweep':
      return world.sweep(one.full);
    case 'refuse':
    case 'edit':
      return atTarget(world, one);
    case 'sign-up':
      return signUp(world, addresses[one.at] ?? '');
    case 'fault':
      return world.fault(faultOf(world, one));
    case 'crash':
      world.crash(one.point);
  }
}

async function withPerson(world: MarketingWorld, index: number, act: (person: Person) => Promise<void>): Promise<void> {
  const people = [...world.model.people.values()];
  const person = people[index % Math.max(1, people.length)];
  if (person !== undefined) await act(person);
}

async function atTarget(world: MarketingWorld, one: Extract<Step, { do: 'refuse' | 'edit' | 'sign-up' }>) {
  const contact = await world.contactAt(addresses[one.at] ?? '');
  if (contact === null) return;
  if (one.do === 'refuse') {
    if (await world.target.refuse(contact.address, one.how)) world.model.refuse(contact);
  } else {
    await world.target.edit(contact.address, world.fresh());
    world.model.edit(contact.address);
  }
}

async function signUp(world: MarketingWorld, address: string): Promise<void> {
  const contact = await world.contactAt(address);
  await world.target.signUp(address);
  world.model.signUp(contact ?? { address, emsKey: null });
}

function faultOf({ target: { prefix } }: MarketingWorld, { fault, times }: Extract<Step, { do: 'fault' }>): object {
  const rule = { times, match: { prefix } };
  return typeof fault === 'number' ? { respond: { status: fault, ...rule } } : { [fault]: rule };
}
