/**
 * Which room may import which. TypeScript 7 has no JavaScript API, so swc parses the sources. It does not distinguish
 * `import type` from `import`, so "types only" is a rule of oxlint (`no-restricted-imports` in .oxlintrc.json).
 */
const ROOMS = [
  'workflows',
  'activities',
  'sync',
  'targets',
  'database',
  'workers',
  'clients',
  'simulators',
  'local',
  'demo',
  'bench',
];

const rooms = (names) => `^(${names.join('|')})/`;

/** `from` may import these rooms, and itself. */
const mayImport = (from, allowed) => ({
  name: `${from}-imports-only-${['itself', ...allowed].join('-')}`,
  comment: `${from} may import ${['itself', ...allowed].join(', ')} (architecture: "The rooms")`,
  severity: 'error',
  from: { path: rooms([from]) },
  to: { path: rooms([...ROOMS.filter((room) => room !== from && !allowed.includes(room)), 'test']) },
});

/** What `clients/dry-run/` alone may import, by a rule of its own. */
const DRY_RUNS = ['activities'];

/** npm packages other than these, in any node_modules folder. */
const packagesExcept = (names) => `node_modules/(?!(?:${names.join('|')})(?:/|$))`;

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Files must not import each other: merge them, or move the shared part out.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    mayImport('sync', []),
    mayImport('simulators', []),
    mayImport('local', []),
    mayImport('database', ['sync']),
    mayImport('targets', ['sync', 'database']),
    mayImport('activities', ['sync', 'database', 'targets']),
    mayImport('workflows', ['sync', 'activities']),
    mayImport('clients', ['workflows', 'database', 'targets', 'sync', ...DRY_RUNS]),
    {
      name: 'clients-run-activities-dry-only',
      comment:
        'Only clients/dry-run/ runs the activities themselves: in a session that cannot write (database/scratch.ts).',
      severity: 'error',
      from: { path: '^clients/(?!dry-run/)' },
      to: { path: '^activities/' },
    },
    mayImport(
      'workers',
      ROOMS.filter((room) => !['workers', 'simulators', 'local', 'demo', 'bench'].includes(room)),
    ),
    {
      name: 'nothing-imports-workers',
      comment: 'Workers are separate programs: start them as a process.',
      severity: 'error',
      // Replaying a history needs the workers' bundle, and the workers' parts have their own tests.
      from: { pathNot: '^(workers/|test/histories/|test/workers/|test/flows/make-workflow-bundle[.]ts)' },
      to: { path: '^workers/' },
    },
    {
      name: 'nothing-shipped-imports-tests-or-demo',
      comment: 'Production code must not import demo, bench or tests.',
      severity: 'error',
      from: { path: rooms(ROOMS.filter((room) => room !== 'demo' && room !== 'bench')) },
      to: { path: '^(test|demo|bench)/' },
    },
    {
      name: 'nothing-shipped-needs-a-development-dependency',
      comment: 'The image contains only what `npm ci --omit=dev` installs.',
      severity: 'error',
      from: { path: '^(workflows|activities|sync|targets|database|settings|workers|clients)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm'] },
    },
    {
      name: 'property-tests-have-a-seed',
      comment: 'Property tests import test/seeded-fast-check.ts, so that CI gives the same answer each time.',
      severity: 'error',
      from: { pathNot: '^test/seeded-fast-check\\.ts$' },
      to: { path: 'node_modules/fast-check(/|$)' },
    },
    {
      name: 'one-http-client',
      comment: 'Redirects, retries, time and length of answers are limited in targets/http.ts, for every target.',
      severity: 'error',
      from: {
        pathNot: '^targets/(http|connection-error)\\.ts$|node_modules/',
      },
      to: { path: 'node_modules/got/' },
    },
    {
      name: 'the-workflow-orders-the-steps',
      comment:
        'syncEntity says absorb, then deliver. A delivery that needs an absorption first answers `absorb-first`.',
      severity: 'error',
      from: { path: '^activities/deliver[.]ts$' },
      to: { path: '^activities/(absorb|absorb-consent|write-absorbed)[.]ts$' },
    },
    {
      name: 'sync-is-pure',
      comment: 'Rules are pure functions: node:crypto is the only Node module allowed.',
      severity: 'error',
      from: { path: '^sync/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'sync-uses-only-pure-packages',
      comment: 'No database, HTTP, Temporal or log library in the rules. A new package without I/O may be added here.',
      severity: 'error',
      from: { path: '^sync/' },
      to: { path: packagesExcept(['canonicalize', 'libphonenumber-js']) },
    },
    {
      name: 'workflows-are-deterministic',
      comment:
        'Workflow code may import only @temporalio/workflow and @temporalio/common from npm, and no Node modules.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: packagesExcept(['@temporalio/workflow', '@temporalio/common']) },
    },
    {
      name: 'workflows-use-nothing-of-node',
      comment: 'The workflow sandbox has no Node modules.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    parser: 'swc',
    exclude: { path: '^(\\.local|coverage|\\.git)(/|$)' },
    doNotFollow: { path: 'node_modules' },
    includeOnly: { path: `^(${[...ROOMS, 'test'].join('|')})/|node_modules/|^(node:)?[a-z_/]+$` },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json', '.node'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
