import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { CallPlaces } from '../activities/call-places.ts';

/** An activity of the target's queue takes one of the places that it shares with deliveries within workflow tasks. */
export class SharedPlaces implements ActivityInboundCallsInterceptor {
  readonly #places: CallPlaces;

  constructor(places: CallPlaces) {
    this.#places = places;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    await this.#places.take();
    try {
      return await next(input);
    } finally {
      this.#places.give();
    }
  }
}
