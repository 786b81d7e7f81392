import type { FastifyInstance } from 'fastify';

export interface RunOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** Ends with the parent, even if the parent is killed: its end of the pipe closes. */
  readonly untilStdinCloses: boolean;
}

/**
 * Listens on loopback, or on SIMULATOR_HOST in a container, where loopback is not reachable. Reports the address as one
 * line of JSON on standard output, and exits cleanly on SIGTERM and SIGINT.
 */
export async function runSimulator(app: FastifyInstance, { port, untilStdinCloses }: RunOptions): Promise<void> {
  let ending: Promise<void> | undefined;
  const end = (): void => {
    ending ??= app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (untilStdinCloses) process.stdin.once('close', end).resume();

  const host = process.env['SIMULATOR_HOST'] || '127.0.0.1';
  const listening = await app.listen({ port, host });
  process.stdout.write(`${JSON.stringify({ listening })}\n`);
}
