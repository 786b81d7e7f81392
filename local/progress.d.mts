export declare function withProgress<T>(
  title: string,
  step: () => Promise<T>,
  out?: { isTTY?: boolean; write(text: string): unknown },
): Promise<T>;
