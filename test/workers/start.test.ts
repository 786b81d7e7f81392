import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { startUnavailableTemporal } from './unavailable-temporal.ts';

const main = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));

/** Runs the program of `npm start`; stops it once it has printed `until`. */
function start(env: Record<string, string>, until?: RegExp): Promise<{ code: number | null; output: string }> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const worker = spawn(process.execPath, [main], { env: { PATH, NODE_COMPILE_CACHE, ...env }, cwd: '/' });
  let output = '';
  let told = false;
  const read = (chunk: Buffer) => {
    output += chunk.toString();
    if (!told && until?.test(output) === true) told = worker.kill('SIGTERM');
  };
  worker.stdout.on('data', read);
  worker.stderr.on('data', read);
  return new Promise((resolve) => worker.once('close', (code) => resolve({ code, output })));
}

const TAGSERVER = {
  TAGSERVER_URL: 'http://127.0.0.1:1',
  TAGSERVER_TOKEN: 'secret-token',
  SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
};

test('wrong settings: every problem, a line each, exit 2, and no value of a secret', async () => {
  const { code, output } = await start({
    DATABASE_URL: 'mysql://u:secret-password@db/ems',
    LOG_LEVEL: 'loud',
    TAGSERVER_URL: 'x',
  });
  expect(code).toBe(2);
  const lines = output.trim().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    'DATABASE_URL',
    'LOG_LEVEL',
    'TAGSERVER_URL',
    'TAGSERVER_TOKEN',
  ]);
  expect(output).not.toContain('secret-password');
});

test('a database that is not there: says which and where, keeps trying, and stops when told to', async () => {
  const { code, output } = await start(
    { DATABASE_URL: 'postgres://u:secret-password@127.0.0.1:1/ems', ...TAGSERVER },
    /"attempt":2/,
  );
  expect(output).toContain('PostgreSQL at 127.0.0.1:1 cannot be reached; trying again');
  expect(code).toBe(0);
  expect(output).not.toMatch(/secret-password|secret-token/);
});

test('a Temporal that is not there: says which and where, keeps trying, and stops when told to', async () => {
  const { code, output } = await start(
    {
      DATABASE_URL: process.env['TEST_DATABASE_ADMIN_URL'] ?? '',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      ...TAGSERVER,
    },
    /"attempt":2/,
  );
  expect(output).toContain('Temporal at 127.0.0.1:1 cannot be reached; trying again');
  expect(code).toBe(0);
});

test('a Temporal that takes connections and does not serve: says so, keeps trying, and stops when told to', async () => {
  const temporal = await startUnavailableTemporal();
  try {
    const { code, output } = await start(
      {
        DATABASE_URL: process.env['TEST_DATABASE_ADMIN_URL'] ?? '',
        TEMPORAL_ADDRESS: temporal.address,
        ...TAGSERVER,
      },
      /namespace default.*"attempt":2|"attempt":2.*namespace default/,
    );
    expect(output).toContain(`Temporal's namespace default at ${temporal.address} cannot be reached; trying again`);
    expect(output).not.toMatch(/\n\s+at /);
    expect(code).toBe(0);
  } finally {
    await temporal.stop();
  }
});
