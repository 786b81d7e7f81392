/** Reports a step when it starts and every 15 seconds. For steps that may take minutes. */
export async function tellElapsed<T>(
  title: string,
  onProgress: (line: string) => void,
  step: () => Promise<T>,
): Promise<T> {
  const startedAt = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  onProgress(`${title} …`);
  const timer = setInterval(() => onProgress(`${title} … ${seconds()}`), 15_000);
  try {
    return await step();
  } finally {
    clearInterval(timer);
  }
}
