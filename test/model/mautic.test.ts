import { runsOf } from '../seeded-fast-check.ts';
import { startMauticInProcess } from './mautic-in-process.ts';
import { testAgainstModel } from './test-against-model.ts';

testAgainstModel(startMauticInProcess, { numRuns: runsOf(30, 3_000), found: {} });
