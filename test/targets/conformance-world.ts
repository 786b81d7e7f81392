import type { ControlClient } from '../../simulators/kit/control-client.ts';
import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';
import type { RemoteSystem, SendRequest } from '../../targets/remote-system.ts';
import type { Target } from '../../targets/sync-process.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { Records } from './records.ts';
import { asSent, type Sent } from './results.ts';
import { sampleColumns, sampleRow, sampleSources, type Columns, type Sample } from './sample-rows.ts';

type Settings = Readonly<Record<string, string>>;

/** A knob of every simulator, as the suite sets it. */
type Faults = Readonly<Record<string, unknown>>;

export interface Simulator {
  readonly control: Pick<ControlClient<never>, 'reset' | 'journal' | 'clearJournal' | 'clearFaults'> & {
    setFaults(faults: Faults): Promise<void>;
    state(): Promise<unknown>;
  };
  stop(): Promise<void>;
}

/** What a target provides: its declaration, its simulator, and how to connect them. */
export interface TargetUnderTest<S> {
  readonly target: Target;
  readonly start: () => Promise<S>;
  /** The settings that enable its process. */
  readonly settingsOf: (simulator: S) => Settings;
  /** The name of the setting that contains its address. */
  readonly address: string;
  /** Properties that the simulator changes by itself (times, versions); they are not compared. */
  readonly moves?: readonly string[];
  readonly types: Partial<Record<EntityType, TypeUnderTest<S>>>;
  /**
   * Sets up what must exist before anything can be sent: remote ids of rows that only the target creates, by `Race/1`.
   */
  readonly prepare?: (simulator: S) => Promise<ReadonlyMap<string, string>>;
  /** Column values of samples that this target needs to be different, by type. */
  readonly columns?: Partial<Record<EntityType, Readonly<Partial<Record<Sample, Columns>>>>>;
  /** The file that runs the hostile-remote cases for more calls than the suite does; absent: the suite runs them. */
  readonly hostileRemoteIn?: 'hostile-remote.test.ts';
  /** The target's answers for "too many calls"; default: 429 with `Retry-After`. */
  readonly throttled?: Faults;
  /** A connection pauses after such an answer, so each call of that case needs a new connection. */
  readonly pausesWhenThrottled?: true;
}

export interface TypeUnderTest<S> {
  /** The simulator's records of this type. */
  readonly held: (simulator: S) => Promise<readonly unknown[]>;
  /** Columns without which nothing can be sent: they are not cleared. */
  readonly keeps?: readonly string[];
  /** Fields that the target keeps when EMS no longer has a value, each with the reason. */
  readonly keepsAtTarget?: Readonly<Record<string, string>>;
  /** Fields that are read but that the target accepts from nobody, each with the reason. */
  readonly neverSent?: Readonly<Record<string, string>>;
  /** Fields that no answer contains and that are confirmed in another way, each with that way. */
  readonly confirmedOtherwise?: Readonly<Record<string, string>>;
  /** Fields that identify the record's owner: they never change. */
  readonly identifies?: readonly string[];
  /** Fields that are only changed together. */
  readonly together?: readonly (readonly string[])[];
  /** Ends of paths whose answers do not always tell which record they are about, each with the reason. */
  readonly untold?: Readonly<Record<string, string>>;
  /** Cannot be created at the target: rows come from `prepare`. */
  readonly comesFromTarget?: true;
}

/** A target, its simulator, and the records that the engine would keep. */
export class World<S extends Simulator> {
  readonly simulator: S;
  readonly remote: RemoteSystem;
  readonly #of: TargetUnderTest<S>;
  readonly #records = new Map<EntityType, Records>();
  readonly #remoteIds = new Map<string, string>();

  private constructor(of: TargetUnderTest<S>, simulator: S) {
    this.#of = of;
    this.simulator = simulator;
    this.remote = this.reconnected();
  }

  /** Empties the simulator, sets it up as `check --fix` does, and sends rows 1 and 2 of the types before this one. */
  static async begin<S extends Simulator>(of: TargetUnderTest<S>, simulator: S, type: EntityType): Promise<World<S>> {
    await simulator.control.reset();
    const world = new World(of, simulator);
    await world.remote.shape?.create();
    for (const [ref, remoteId] of (await of.prepare?.(simulator)) ?? []) world.#know(ref, remoteId);
    for (const mapping of of.target.process.mappings) {
      if (mapping.type === type) break;
      if (mapping.childOf !== null || of.types[mapping.type]?.comesFromTarget === true) continue;
      for (const sample of [1, 2] as const) {
        await world.send(mapping.type, String(sample), contentOf(of, mapping, sample));
      }
    }
    return world;
  }

  /** The same target over a new connection. */
  reconnected(): RemoteSystem {
    return connect(this.#of, this.#of.settingsOf(this.simulator));
  }

  /** Acts like the engine: what is found instead of created is sent as an update. */
  async send(type: EntityType, key: string, content: Content): Promise<Sent> {
    const records = this.#recordsOf(type);
    const request = this.request(type, key, content);
    let result = await this.remote.send(request);
    if (result.kind === 'found') result = await this.remote.send({ ...request, remoteId: result.remoteId });
    const sent = asSent(records.note(key, result));
    this.#remoteIds.set(`${type}/${key}`, sent.remoteId);
    return sent;
  }

  request(type: EntityType, key: string, content: Content): SendRequest {
    return this.#recordsOf(type).request(key, content, { type, references: new Map(this.#remoteIds) });
  }

  /** The simulator's records without the properties that it changes by itself. */
  async held(type: EntityType): Promise<readonly unknown[]> {
    const records = (await this.#of.types[type]?.held(this.simulator)) ?? [];
    return records.map((record) => without(this.#of.moves ?? [], record));
  }

  /** The stored values, as the target returned them or as read back; null: the type is never read. */
  async readBack(type: EntityType, sent: Sent): Promise<Content | null> {
    if (sent.stored !== undefined) return sent.stored;
    const record = await this.remote.inbound?.fetch({ type, remoteId: sent.remoteId }, null);
    return record?.content ?? null;
  }

  #recordsOf(type: EntityType): Records {
    const records = this.#records.get(type) ?? new Records();
    this.#records.set(type, records);
    return records;
  }

  #know(ref: string, remoteId: string): void {
    const [type, key = ''] = ref.split('/');
    this.#remoteIds.set(ref, remoteId);
    this.#recordsOf(type as EntityType).note(key, { kind: 'sent', remoteId, remoteModifiedOn: null });
  }
}

export function connect<S>({ target }: TargetUnderTest<S>, settings: Settings): RemoteSystem {
  return target.connect(target.settings.parse(settings), unlimitedConnections('ratchet', [new Uint8Array(32).fill(7)]));
}

/** @throws Error if the sample cannot be sent: the target needs other values, see `columns`. */
export function contentOf<S>(
  of: TargetUnderTest<S>,
  mapping: EntityMapping,
  sample: Sample,
  changed: Columns = {},
): Content {
  const outcome = mapSample(of, mapping, sample, changed);
  if (outcome.kind === 'mapped') return outcome.content;
  throw new Error(`sample ${sample} of ${mapping.type} is parked: ${outcome.field} ${outcome.reason}`);
}

export function mapSample<S>(of: TargetUnderTest<S>, mapping: EntityMapping, sample: Sample, changed: Columns = {}) {
  const row = sampleRow(mapping.type, sample, { ...of.columns?.[mapping.type]?.[sample], ...changed });
  return mapping.map(row, sampleSources(mapping, sample));
}

/** The columns of a type that may be empty in a sample that is sent. */
export function clearable<S>(of: TargetUnderTest<S>, mapping: EntityMapping): Columns {
  const kept = of.types[mapping.type]?.keeps ?? [];
  const optional = sampleColumns(mapping.type).filter(
    (column) => !kept.includes(column) && mapSample(of, mapping, 1, { [column]: null }).kind === 'mapped',
  );
  return Object.fromEntries(optional.map((column) => [column, null]));
}

export const isEqual = (one: Content[string], other: Content[string]) =>
  JSON.stringify(canonicalForm(one)) === JSON.stringify(canonicalForm(other));

function without(moves: readonly string[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((inner: unknown) => without(moves, inner));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !moves.includes(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, without(moves, inner)]));
}
