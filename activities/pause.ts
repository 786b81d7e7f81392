import { readPause } from '../database/records/pauses.ts';
import type { Orm } from '../database/orm.ts';
import { PausedError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { RemoteSystem } from '../targets/remote-system.ts';

/** Reads the flag each time: `ems-sync pause` holds from the next delivery or bulk call on. @throws PausedError */
export async function assertNotPaused(orm: Orm, process: SyncProcessName): Promise<void> {
  const pause = await readPause(orm.em.fork(), process);
  if (pause !== null) throw new PausedError(pause);
}

/** An activity that is not begun while its process is paused. */
export const unlessPaused =
  <I extends { readonly process: SyncProcessName }, R>(orm: Orm, work: (input: I) => Promise<R>) =>
  async (input: I): Promise<R> => {
    await assertNotPaused(orm, input.process);
    return work(input);
  };

/**
 * The target of a process that may be paused at any time. Deliveries wait to be gathered, and for locks, after their
 * activity has begun, so the flag is read again before what writes; and workers ask a target before any activity.
 */
export function pausable(remote: RemoteSystem, assertRunning: () => Promise<void>): RemoteSystem {
  const { bulk } = remote;
  const sendPage = bulk?.sendPage?.bind(bulk);
  const idsToMake = bulk?.idsToMake?.bind(bulk);
  const getReady = bulk?.getReady?.bind(bulk);
  const refusal = remote.refusal?.bind(remote);
  const release = remote.release?.bind(remote);
  const optOut = remote.optOut?.bind(remote);
  const erase = remote.erase?.bind(remote);
  const held =
    <I, R>(call: (input: I) => Promise<R>) =>
    async (input: I): Promise<R> => {
      await assertRunning();
      return call(input);
    };
  return {
    ...remote,
    send: held((request) => remote.send(request)),
    remove: held((request) => remote.remove(request)),
    ...(bulk === undefined
      ? {}
      : {
          bulk: {
            canGather: (request) => bulk.canGather(request),
            sendMany: held((requests) => bulk.sendMany(requests)),
            ...(sendPage === undefined
              ? {}
              : {
                  sendPage: (requests, willCall) =>
                    sendPage(requests, async () => {
                      await assertRunning();
                      await willCall();
                    }),
                }),
            ...(idsToMake === undefined ? {} : { idsToMake }),
            ...(getReady === undefined ? {} : { getReady }),
          },
        }),
    ...(refusal === undefined ? {} : { refusal: () => held(refusal)(undefined) }),
    ...(release === undefined ? {} : { release: held(release) }),
    ...(optOut === undefined ? {} : { optOut: held(optOut) }),
    ...(erase === undefined ? {} : { erase: held(erase) }),
  };
}
