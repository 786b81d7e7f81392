/** No answer in time; the request may still take effect. */
export class NoAnswerInTimeError extends Error {
  override readonly name = 'NoAnswerInTimeError';

  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/** The result of `work`. After the time-out `work` continues. @throws NoAnswerInTimeError */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NoAnswerInTimeError(ms)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
