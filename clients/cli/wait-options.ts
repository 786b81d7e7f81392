export interface TimeoutOptions {
  /** Seconds. */
  readonly timeout: number;
  readonly json?: true;
}

export interface WaitOptions extends TimeoutOptions {
  readonly wait?: true;
  /** Also send what is recorded as delivered. */
  readonly resend?: true;
}
