import type { FastifyInstance } from 'fastify';
import { parseArgs } from 'node:util';
import { type RunOptions, runSimulator } from './run-simulator.ts';

/** A program's options by name: the default, or null for a required option. */
type Defaults = Readonly<Record<string, string | undefined | null>>;

type Values<Options extends Defaults> = {
  readonly [Name in keyof Options]: undefined extends Options[Name] ? string | undefined : string;
};

/** Makes a simulator from the arguments of its command line. It does not listen yet. @throws Error if one is missing or wrong */
export type MakeSimulator = (args: readonly string[]) => { readonly app: FastifyInstance } & RunOptions;

let adopt: ((make: MakeSimulator) => void) | undefined;

/** Programs that are imported from now on do not run: they are handed to `by`, which runs many of them in one process. */
export function adoptPrograms(by: (make: MakeSimulator) => void): void {
  adopt = by;
}

/**
 * Runs a simulator as a program. Besides its own options it takes `--port`, `--storage` and `--until-stdin-closes`. If
 * an option is missing or `create` throws, it prints the reason and exits with status 2.
 */
export async function simulatorProgram<const Options extends Defaults>(
  defaults: Options,
  create: (values: Values<Options> & { readonly storage: string }) => FastifyInstance,
): Promise<void> {
  const make: MakeSimulator = (args) => made(args, defaults, create);
  if (adopt !== undefined) return adopt(make);
  let simulator: ReturnType<MakeSimulator>;
  try {
    simulator = make(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
  return runSimulator(simulator.app, simulator);
}

function made<const Options extends Defaults>(
  args: readonly string[],
  defaults: Options,
  create: (values: Values<Options> & { readonly storage: string }) => FastifyInstance,
): ReturnType<MakeSimulator> {
  const { values } = parseArgs({
    args: [...args],
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
    throw new Error(`It needs ${needed.map((name) => `--${name} ${name.toUpperCase()}`).join(' ')}`);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every option has a value of its kind by now.
  const app = create({ ...Object.fromEntries(own), storage: values.storage } as Values<Options> & { storage: string });
  return { app, port: Number(values.port), untilStdinCloses: values['until-stdin-closes'] };
}
