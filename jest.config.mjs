/** Tests run as ES modules, straight from TypeScript; `test/main.ts` starts the servers that they need. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  reporters: ['<rootDir>/test/progress-reporter.ts', 'summary'],
  testSequencer: '<rootDir>/test/longest-first.ts',
  // A last resort. Flow tests wait with test/wait-until.ts, which gives up earlier and names what is missing.
  testTimeout: 600_000,
};
