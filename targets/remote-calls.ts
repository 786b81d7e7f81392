import { channel } from 'node:diagnostics_channel';

/** One call of a target, as it ended. */
export interface RemoteCall {
  /** The target's name, for example `TagServer`. */
  readonly target: string;
  /** `2xx`, `4xx`, `429`, `5xx` and so on; `error`: no answer. */
  readonly outcome: string;
  readonly seconds: number;
}

/** Every call of every target is published here, for metrics. */
const calls = channel('ems-sync:remote-call');

/** Runs a call and publishes how it ended and how long it took. */
export async function published<T extends { readonly status: number }>(
  target: string,
  call: () => Promise<T>,
): Promise<T> {
  const begun = performance.now();
  const publish = (outcome: string) =>
    calls.publish({ target, outcome, seconds: (performance.now() - begun) / 1_000 } satisfies RemoteCall);
  try {
    const answer = await call();
    publish(outcomeOf(answer.status));
    return answer;
  } catch (error) {
    publish('error');
    throw error;
  }
}

/** @returns ends the subscription. */
export function onRemoteCall(listener: (call: RemoteCall) => void): () => void {
  const listen = (call: unknown) => listener(call as RemoteCall);
  calls.subscribe(listen);
  return () => calls.unsubscribe(listen);
}

const outcomeOf = (status: number): string => (status === 429 ? '429' : `${Math.floor(status / 100)}xx`);
