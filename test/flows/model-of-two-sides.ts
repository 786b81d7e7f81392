/** A person's fields on either side, as far as both may change them. */
export interface Fields {
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
}

export type FieldName = keyof Fields;

/** One person in EMS and at ChatWoot, and their last agreed state. Null: does not exist. */
export interface PairModel {
  ems: Fields | null;
  remote: Fields | null;
  base: Fields | null;
}

const NAMES: readonly FieldName[] = ['name', 'email', 'phone'];

const differing = (left: Fields, right: Fields) => NAMES.filter((field) => left[field] !== right[field]);

/**
 * EMS's row looks like another person than the one delivered under its id: neither name, e-mail nor phone agrees. The
 * people of this model have nothing else that identifies them.
 */
export function isAnother({ ems, base }: PairModel): boolean {
  if (ems === null || base === null) return false;
  const hasSamePhone = ems.phone !== null && ems.phone === base.phone;
  return ems.name !== base.name && ems.email !== base.email && !hasSamePhone;
}

/** The pair is evaluated. Nothing is written on either side while EMS's row looks like another person. */
export function resolve(pair: PairModel): void {
  if (!isAnother(pair)) agree(pair);
}

/**
 * The state of a pair after it was evaluated. If both sides have changed since they last agreed, EMS wins as a whole. Otherwise
 * changes of the remote go into EMS. Written from the specification, not from the engine.
 */
export function agree(pair: PairModel): void {
  const { ems, remote, base } = pair;
  if (ems === null || remote === null || base === null) {
    // It exists on one side only. A deletion in EMS is a mark at the remote.
    pair.base = pair.ems = pair.remote = base === null ? (ems ?? remote) : ems;
    return;
  }
  const byRemote = differing(remote, base).filter((field) => remote[field] !== ems[field]);
  const emsWins = byRemote.length === 0 || differing(ems, base).length > 0;
  const agreed = emsWins ? ems : { ...ems, ...Object.fromEntries(byRemote.map((field) => [field, remote[field]])) };
  pair.ems = pair.remote = pair.base = agreed;
}

/** Whether a poll finds the pair: the remote differs from its last known state. */
export function isSeenByPoll({ remote, base }: PairModel): boolean {
  return remote !== null && (base === null || differing(remote, base).length > 0);
}

/** Whether a sweep finds the pair: EMS's content differs from the last agreed state. */
export function isSeenBySweep({ ems, base }: PairModel): boolean {
  if (ems === null || base === null) return ems !== base;
  return differing(ems, base).length > 0;
}
