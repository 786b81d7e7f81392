/**
 * Shows that a long step is still running. On a terminal one line counts the seconds. Elsewhere (CI, a pipe) a line is
 * written at the start, every 15 seconds, and at the end.
 *
 * @template T
 * @param {string} title what is being done, e.g. "Installing dependencies"
 * @param {() => Promise<T>} step
 * @param {NodeJS.WriteStream} [out]
 * @returns {Promise<T>}
 */
export async function withProgress(title, step, out = process.stderr) {
  const startedAt = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  const terminal = out.isTTY;
  out.write(terminal ? `${title} …` : `${title} …\n`);
  const timer = setInterval(
    () => out.write(terminal ? `\r${title} … ${elapsed()}` : `${title} … ${elapsed()}\n`),
    terminal ? 1_000 : 15_000,
  );
  const finish = (/** @type {string} */ word) =>
    out.write(`${terminal ? '\r' : ''}${title}: ${word} after ${elapsed()}\n`);
  try {
    const result = await step();
    finish('done');
    return result;
  } catch (error) {
    finish(error instanceof Error && 'stoppedBy' in error ? 'stopped' : 'failed');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
