/**
 * @typedef {object} Job
 * @property {string} databaseUrl EMS and the contender's own tables
 * @property {readonly string[]} keys the persons to deliver
 * @property {number} inFlight the most calls at once
 * @property {'mailchimp' | 'tagserver' | 'none'} target `none`: nothing is read, called or recorded
 * @property {boolean} bulk one call for each 500 persons
 * @property {string} url the simulator's
 * @property {string} token
 * @property {string} list
 * @property {string} temporalAddress
 * @property {string} namespace
 */

/**
 * Works on all items, a limited number at once.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {number} atOnce
 * @param {(item: T) => Promise<unknown>} work
 */
export async function inLanes(items, atOnce, work) {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
