import { statfsSync } from 'node:fs';

/** Linux: files here are memory. A container may have none, or 64 MiB of it. */
const SHARED_MEMORY = '/dev/shm';

/** `statfs` says so of tmpfs. */
const TMPFS = 0x0102_1994;

const GIB = 2 ** 30;

/** A run's databases take less than this. */
const NEEDED = 4 * GIB;

/**
 * A folder in memory, if this machine has enough of it. ext4 looks for a free inode for a long time after many files
 * have been removed: creating and dropping a database costs PostgreSQL three times the CPU there.
 */
export function memoryFolder(
  folder = SHARED_MEMORY,
  memory: () => number = () => process.availableMemory(),
): string | undefined {
  try {
    const { type, bavail, bsize } = statfsSync(folder);
    return type === TMPFS && bavail * bsize >= NEEDED && memory() >= 2 * NEEDED ? folder : undefined;
  } catch {
    return undefined;
  }
}
