export declare function withLock<T>(
  file: string,
  step: () => Promise<T>,
  options?: { onWait?: (holder: string) => void },
): Promise<T>;
