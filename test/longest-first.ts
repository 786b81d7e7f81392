import { readFileSync } from 'node:fs';

interface TestFile {
  readonly path: string;
}

/** Seconds of the longest files. Measured occasionally; only their order matters. */
const SECONDS = JSON.parse(readFileSync(new URL('./file-seconds.json', import.meta.url), 'utf8')) as Record<
  string,
  number
>;

/** Starts the longest files first, so that no worker is left with one when the others have finished. */
export default class LongestFirst {
  sort<T extends TestFile>(files: readonly T[]): T[] {
    return files.toSorted((left, right) => secondsOf(right) - secondsOf(left) || (left.path < right.path ? -1 : 1));
  }

  /** For `jest --shard`: each machine gets its part of the long ones. */
  shard<T extends TestFile>(
    files: readonly T[],
    { shardIndex, shardCount }: { shardIndex: number; shardCount: number },
  ): T[] {
    return this.sort(files).filter((_, index) => index % shardCount === shardIndex - 1);
  }

  /** For `jest --onlyFailures`: nothing is kept between runs. */
  allFailedTests<T extends TestFile>(files: readonly T[]): T[] {
    return [...files];
  }

  cacheResults(): void {}
}

function secondsOf({ path }: TestFile): number {
  return SECONDS[path.slice(path.lastIndexOf('/test/') + 1)] ?? 0;
}
