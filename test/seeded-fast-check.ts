/**
 * fast-check for all property tests. They run with one fixed seed, so that CI gives the same answer each time;
 * `npm run fuzz` runs them with a new seed, or `FUZZ_SEED=N` with that one. A failure prints its seed.
 */
import fc from 'fast-check';

const FIXED_SEED = 20_261_130;

export const SEED = Number(process.env['FUZZ_SEED'] ?? FIXED_SEED);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });

export * from 'fast-check';
export default fc;

/** How many runs: more in `npm run fuzz`; `FUZZ_RUNS=N` runs so many. */
export const runsOf = (usual: number, inFuzz: number): number =>
  Number(process.env['FUZZ_RUNS'] ?? (process.env['FUZZ_SEED'] === undefined ? usual : inFuzz));
