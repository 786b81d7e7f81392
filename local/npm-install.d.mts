export function runNpm(
  root: string,
  args: readonly string[],
  log: string,
): Promise<{ readonly exit: number | string; readonly stoppedBy: string | undefined }>;
