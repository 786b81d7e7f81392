/**
 * EMS's way to ask ems-sync for synchronisation runs on demand; {@link emssync.client.EmsSync} is where to begin.
 *
 * <p>Nothing here is needed for EMS and its targets to come into step: sweeps see to that every minute. It is for changes
 * that have to be at a target within a second, and for whoever wants to see what became of them.
 */
package emssync.client;
