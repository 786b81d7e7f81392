import type { FastifyInstance } from 'fastify';
import { parseArgs } from 'node:util';
import { runSimulator } from './run-simulator.ts';

/** A program's options by name: the default, or null for a required option. */
type Defaults = Readonly<Record<string, string | undefined | null>>;

type Values<Options extends Defaults> = {
  readonly [Name in keyof Options]: undefined extends Options[Name] ? string | undefined : string;
};

/**
 * Runs a simulator as a program. Besides its own options it takes `--port`, `--storage` and `--until-stdin-closes`. If
 * an option is missing or `create` throws, it prints the reason and exits with status 2.
 */
export async function simulatorProgram<const Options extends Defaults>(
  defaults: Options,
  create: (values: Values<Options> & { readonly storage: string }) => FastifyInstance,
): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
      port: { type: 'string', default: '0' },
      storage: { type: 'string', default: ':memory:' },
      'until-stdin-closes': { type: 'boolean', default: false },
    },
  });
  const given: Readonly<Record<string, unknown>> = values;
  const own = Object.entries(defaults).map(([name, fallback]) => [name, given[name] ?? fallback] as const);
  if (own.some(([, value]) => value === null)) {
    const needed = Object.keys(defaults).filter((name) => defaults[name] === null);
    return refuse(`It needs ${needed.map((name) => `--${name} ${name.toUpperCase()}`).join(' ')}`);
  }

  let app: FastifyInstance;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every option has a value of its kind by now.
    app = create({ ...Object.fromEntries(own), storage: values.storage } as Values<Options> & { storage: string });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  return runSimulator(app, { port: Number(values.port), untilStdinCloses: values['until-stdin-closes'] });
}

function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}
