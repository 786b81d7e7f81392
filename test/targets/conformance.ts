import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canonicalForm } from '../../sync/canonical-form.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { contentDigest, type Content } from '../../sync/content-hash.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';
import type { SendResult } from '../../targets/remote-system.ts';
import {
  clearable,
  connect,
  contentOf,
  isEqual,
  mapSample,
  World,
  type Simulator,
  type TargetUnderTest,
} from './conformance-world.ts';
import { describeHostileRemote } from './hostile-remote.ts';
import { failureOf, failuresOf } from './results.ts';
import { sampleColumns, sampleRow } from './sample-rows.ts';

/** Personal data of the suite's persons that no error may contain. */
const PERSONAL = ['Analuisa', 'Silvamento', 'Evamarina', 'one.example', 'three.example', '91234567', 'Rua das Flores'];

const RETRY_AFTER_SECONDS = 7;

/**
 * What every target must handle, tested with its declaration and a simulator: the cases of docs/pitfalls.md that
 * concern all of them.
 *
 * @example
 * describeConformance({
 *   target: scoreboard,
 *   start: startScoreboard,
 *   settingsOf: ({ url, token }) => ({ SCOREBOARD_URL: url, SCOREBOARD_TOKEN: token }),
 *   address: 'SCOREBOARD_URL',
 *   types: { Race: { held: async ({ control }) => Object.values((await control.state()).races) } },
 * });
 */
export function describeConformance<S extends Simulator>(of: TargetUnderTest<S>): void {
  const mappings = of.target.process.mappings.filter(({ childOf }) => childOf === null);
  let simulator: S;
  beforeAll(async () => {
    simulator = await of.start();
  });
  afterAll(() => simulator?.stop());

  test('every type is under test', () => {
    expect(Object.keys(of.types).toSorted()).toEqual(mappings.map(({ type }) => type).toSorted());
  });

  for (const mapping of mappings) {
    describe(mapping.type, () => {
      describeFields(of, mapping, () => simulator);
      describeRepeats(of, mapping, () => simulator);
    });
  }

  describe('errors', () => describeErrors(of, mappings, () => simulator));
}

type Running<S> = () => S;

function describeFields<S extends Simulator>(
  of: TargetUnderTest<S>,
  mapping: EntityMapping,
  running: Running<S>,
): void {
  const { type } = mapping;
  const under = of.types[type];
  const begin = () => World.begin(of, running(), type);
  const readable = (some: readonly string[]) => some.filter((name) => under?.confirmedOtherwise?.[name] === undefined);
  const names = Object.keys(contentOf(of, mapping, 1));
  const neverSent = names.filter((name) => under?.neverSent?.[name] !== undefined);
  const sent = names.filter((name) => !neverSent.includes(name));
  const steps = fieldSteps(sent, under?.together ?? []);

  test('every field has a value in one sample, and another one in the other', () => {
    const [one, three] = [contentOf(of, mapping, 1), contentOf(of, mapping, 3)];
    for (const name of names) {
      expect([name, isEqual(one[name], three[name])]).toEqual([name, false]);
      expect([name, canonicalForm(one[name])]).not.toEqual([name, null]);
    }
  });

  test.each(steps.map((names) => [names.join(', '), names] as const))(
    '%s is sent, and read back as it was sent',
    async (_, changing) => {
      const world = await begin();
      const one = contentOf(of, mapping, 1);
      const three = contentOf(of, mapping, 3);
      const changed = { ...one, ...Object.fromEntries(changing.map((name) => [name, three[name]])) };
      const first = await world.send(type, '1', one);
      expectStored(await world.readBack(type, first), one, readable(changing));
      const before = await world.held(type);
      if (changing.every((name) => under?.identifies?.includes(name) === true)) return;
      const second = await world.send(type, '1', changed);
      expect(await world.held(type)).not.toEqual(before);
      expectStored(await world.readBack(type, second), changed, readable(changing));
    },
  );

  if (neverSent.length > 0) {
    test.each(neverSent)('%s belongs to the target: the value of EMS does not get there', async (name) => {
      const world = await begin();
      const content = contentOf(of, mapping, 1);
      await world.send(type, '1', content);
      const before = await world.held(type);
      await world.send(type, '1', { ...content, [name]: contentOf(of, mapping, 3)[name] });
      expect(await world.held(type)).toEqual(before);
    });
  }

  test('what is read back has the hash of what was sent (pitfalls 13 and 14)', async () => {
    const world = await begin();
    const content = contentOf(of, mapping, 1);
    const stored = await world.readBack(type, await world.send(type, '1', content));
    if (stored === null) return;
    const told = sent.filter((name) => Object.hasOwn(stored, name));
    expect(contentDigest(pick(stored, told))).toBe(contentDigest(pick(content, told)));
  });

  test('a value is set, cleared and set again (pitfall 29)', async () => {
    const world = await begin();
    const full = contentOf(of, mapping, 1);
    const bare = contentOf(of, mapping, 1, clearable(of, mapping));
    const cleared = sent.filter(
      (name) => !isEqual(full[name], bare[name]) && under?.keepsAtTarget?.[name] === undefined,
    );
    await world.send(type, '1', full);
    const before = await world.held(type);
    expectStored(await world.readBack(type, await world.send(type, '1', bare)), bare, readable(cleared));
    if (cleared.length > 0) expect(await world.held(type)).not.toEqual(before);
    expectStored(await world.readBack(type, await world.send(type, '1', full)), full, readable(cleared));
    expect(await world.held(type)).toEqual(before);
  });

  test('blanks are no values', () => {
    for (const column of sampleColumns(type)) {
      if (typeof (sampleRow(type, 1) as unknown as Record<string, unknown>)[column] !== 'string') continue;
      const [blank, none] = [' \u00a0 ', null].map((value) => mapSample(of, mapping, 1, { [column]: value }));
      if (blank?.kind === 'mapped' && none?.kind === 'mapped') {
        expect([column, contentDigest(blank.content)]).toEqual([column, contentDigest(none.content)]);
      } else if (!column.endsWith('Id')) expect([column, blank?.kind]).toEqual([column, none?.kind]);
    }
  });
}

/** Steps that change one field each, or fields that only change together. */
function fieldSteps(
  names: readonly string[],
  together: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const joined = new Set(together.flat());
  return [...names.filter((name) => !joined.has(name)).map((name) => [name]), ...together];
}

const pick = (content: Content, names: readonly string[]): Content =>
  Object.fromEntries(names.map((name) => [name, content[name]]));

function expectStored(stored: Content | null, sent: Content, names: readonly string[]): void {
  if (stored === null) return;
  for (const name of names) expect([name, canonicalForm(stored[name])]).toEqual([name, canonicalForm(sent[name])]);
}

function describeRepeats<S extends Simulator>(
  of: TargetUnderTest<S>,
  mapping: EntityMapping,
  running: Running<S>,
): void {
  const { type } = mapping;
  const under = of.types[type];

  if (under?.comesFromTarget === true) {
    test('what only the target creates is refused, without a write, until it is linked', async () => {
      const world = await World.begin(of, running(), type);
      await running().control.clearJournal();
      const unlinked = { ...world.request(type, '3', contentOf(of, mapping, 3)), remoteId: null };
      expect(await failureOf(world.remote.send(unlinked))).toMatchObject({ errorClass: 'rejected' });
      expect(await running().control.journal({ writesOnly: true })).toEqual([]);
    });
  }

  test('a write whose answer was lost is repeated, and there is one remote record (pitfalls 16 and 17)', async () => {
    const undisturbed = await World.begin(of, running(), type);
    await running().control.clearJournal();
    const content = contentOf(of, mapping, 1);
    await undisturbed.send(type, '1', content);
    const expected = await undisturbed.held(type);
    const writes = await running().control.journal({ writesOnly: true });
    expect(writes.length).toBeGreaterThan(0);
    for (const { method, path } of writes) {
      const world = await World.begin(of, running(), type);
      const match = { method, prefix: path.split('?', 1)[0] ?? '' };
      await running().control.setFaults({ failAfter: { match, times: 1 } });
      const failure = await failureOf(world.send(type, '1', content));
      expect([path, failure.errorClass]).toEqual([path, 'transient']);
      await world.send(type, '1', content);
      expect(await world.held(type)).toEqual(expected);
    }
  });

  test('an answer about another record is not taken for this one’s, and nothing of that other one changes', async () => {
    const another = contentOf(of, mapping, 2);
    const full = contentOf(of, mapping, 1);
    const bare = contentOf(of, mapping, 1, clearable(of, mapping));
    for (const before of [null, full]) {
      const content = before === null ? full : bare;
      const begin = async () => {
        const world = await World.begin(of, running(), type);
        await world.send(type, '2', another);
        // Once more, because what is there already is read by other calls.
        await world.send(type, '2', another);
        if (before !== null) await world.send(type, '1', before);
        return world;
      };
      const undisturbed = await begin();
      await running().control.clearJournal();
      const { remoteId } = await undisturbed.send(type, '1', content);
      const calls = new Set(
        (await running().control.journal()).map(({ method, path }) => `${method} ${path.split('?', 1)[0] ?? ''}`),
      );
      const expected = await undisturbed.held(type);
      const untold = Object.keys(under?.untold ?? {});
      for (const call of [...calls].filter((one) => !untold.some((end) => one.endsWith(end)))) {
        const [method = '', prefix = ''] = call.split(' ');
        const world = await begin();
        await running().control.setFaults({ mixUp: { match: { method, prefix }, times: 1 } });
        const outcome = await world.remote.send(world.request(type, '1', content)).catch((error: unknown) => error);
        await running().control.clearFaults();
        if (!isWithoutEffect(outcome)) expect([call, outcome]).toMatchObject([call, { kind: 'sent', remoteId }]);
        await world.send(type, '1', content);
        expect([call, await world.held(type)]).toEqual([call, expected]);
      }
    }
  });

  test('what was never taken is removed and erased as if it had never been there, whatever its id', async () => {
    const world = await World.begin(of, running(), type);
    const before = await world.held(type);
    for (const key of ['-5', '0', '9223372036854775807']) {
      const request = { ...world.request(type, key, {}), remoteId: null };
      await world.remote.remove(request);
      await (world.remote.erase?.({ ...request, addresses: {} }) ?? world.remote.remove(request));
    }
    expect(await world.held(type)).toEqual(before);
  });

  test('what is there is not made again', async () => {
    const world = await World.begin(of, running(), type);
    const content = contentOf(of, mapping, 1);
    const { remoteId } = await world.send(type, '1', content);
    const before = await world.held(type);
    expect((await world.send(type, '1', content)).remoteId).toBe(remoteId);
    expect(await world.held(type)).toEqual(before);
  });
}

/** Tried again, also after the pair that it names; or the record that was found is compared first. */
function isWithoutEffect(outcome: unknown): boolean {
  if (outcome instanceof SyncError) return outcome.errorClass !== 'rejected';
  const { kind } = outcome as SendResult;
  return kind === 'blocked';
}

function describeErrors<S extends Simulator>(
  of: TargetUnderTest<S>,
  mappings: readonly EntityMapping[],
  running: Running<S>,
): void {
  const sends = (world: World<S>, remote = () => world.remote) =>
    mappings.map(
      ({ type }, index) =>
        () =>
          remote().send(world.request(type, '1', contentOf(of, mappings[index] as EntityMapping, 1))),
    );
  const lastType = (mappings.at(-1) as EntityMapping).type;

  test('too many calls are told with the time that the target asks for (pitfall 31)', async () => {
    const world = await World.begin(of, running(), lastType);
    await running().control.setFaults(
      of.throttled ?? { respond: { status: 429, retryAfterSeconds: RETRY_AFTER_SECONDS } },
    );
    const remote = () => (of.pausesWhenThrottled === true ? world.reconnected() : world.remote);
    for (const failure of await failuresOf([() => remote().probe(), ...sends(world, remote)], PERSONAL)) {
      expect(failure).toMatchObject({ errorClass: 'transient', retryAfterMs: RETRY_AFTER_SECONDS * 1_000 });
    }
  });

  test.each([400, 401, 403, 404, 409, 422, 500, 503])(
    'nothing of a person is in an error after an answer of %i (pitfall 30)',
    async (status) => {
      const world = await World.begin(of, running(), lastType);
      await running().control.setFaults({ respond: { status } });
      await failuresOf(sends(world), PERSONAL);
    },
  );

  if (of.hostileRemoteIn === undefined)
    describeHostileRemote((url) => {
      const remote = connect(of, { ...of.settingsOf(running()), [of.address]: url });
      const content = (mapping: EntityMapping) => contentOf(of, mapping, 1);
      return [
        () => remote.probe(),
        ...mappings.map(
          (mapping) => () =>
            remote.send({
              type: mapping.type,
              key: '1',
              remoteId: null,
              content: content(mapping),
              references: new Map(),
              fencingToken: 1n,
              release: false,
            }),
        ),
      ];
    });
}
