/**
 * Lets EMS request synchronisation on demand; start with {@link emssync.client.EmsSync}.
 *
 * <p>EMS and its targets also get in sync without it, because sweeps run every minute. It is for changes that must
 * reach a target within a second, and for callers that need the result.
 */
package emssync.client;
