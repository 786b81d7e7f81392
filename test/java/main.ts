import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { requestSync, requestSyncAndWait } from '../../clients/request-sync.ts';
import { startChild } from '../../local/child-process.ts';
import { projectFolder } from '../../local/folders.ts';
import { onStopSignal } from '../../local/stop-signals.ts';
import { findTemporalCli } from '../../local/temporal-cli.ts';
import { type Counts, summary } from '../counts.ts';
import { System } from '../flows/system.ts';
import { startLocalServers } from '../local-servers.ts';
import { mavenProblem } from './find-maven.ts';
import { surefireCounts } from './surefire-counts.ts';

/** The first run downloads what Maven needs. */
const LIMIT_MINUTES = 20;

/** Treats compiler warnings as errors here, but not for users who build with a later Java. */
const STRICT = '-Dmaven.compiler.failOnWarning=true';

/** Keys of encrypted histories: workers write with the new one, and read both. */
const CODEC = { new: `new:${randomBytes(32).toString('base64')}`, old: `old:${randomBytes(32).toString('base64')}` };

const NOT_RUN: Counts = { passed: 0, failed: 1, skipped: 0 };

const javaFolder = join(projectFolder, 'clients', 'java');
const reportFolder = join(javaFolder, 'target', 'surefire-reports');
const stack = new AsyncDisposableStack();
const say = (line: string): void => console.log(line);

/** Runs the Java library's tests against real servers, TagServer and our workers in a child process. */
async function main(): Promise<Counts> {
  const problem = await mavenProblem();
  if (problem !== null) {
    console.error(problem);
    return NOT_RUN;
  }
  const servers = await startLocalServers(await findTemporalCli({ onProgress: say }), say);
  stack.defer(() => servers.stop());
  Object.assign(process.env, servers.environment);
  const system = await System.start({ settleMs: 1_000 });
  stack.defer(() => system.stop());
  const encrypted = await System.start({ settings: { TEMPORAL_CODEC_KEY: `${CODEC.new},${CODEC.old}` } });
  stack.defer(() => encrypted.stop());
  await askAsTypeScriptDoes(system);
  say('TagServer and the workers are ready; Maven runs the tests of clients/java …');
  return runMaven(system, encrypted);
}

/** For SameStartTest, which compares the options of these runs with those of its own. EMS has no such rows. */
async function askAsTypeScriptDoes({ temporal }: System): Promise<void> {
  await requestSync(temporal, { process: 'TAGSERVER', type: 'Tag', key: '900000001' });
  await requestSyncAndWait(temporal, { process: 'TAGSERVER', type: 'Race', key: '900000002' }, 120_000);
}

async function runMaven(system: System, encrypted: System): Promise<Counts> {
  rmSync(reportFolder, { recursive: true, force: true });
  const database = new URL(system.databaseUrl);
  const jdbcUrl = ({ databaseUrl }: System) => `jdbc:postgresql://${database.host}${new URL(databaseUrl).pathname}`;
  const maven = await startChild({
    name: 'Maven',
    command: 'mvn',
    args: ['-q', '-B', '-f', join(javaFolder, 'pom.xml'), STRICT, 'test', ...process.argv.slice(2)],
    env: {
      ...process.env,
      TEST_JDBC_URL: jdbcUrl(system),
      TEST_JDBC_USER: decodeURIComponent(database.username),
      TEST_JDBC_PASSWORD: decodeURIComponent(database.password),
      TEST_TEMPORAL_NAMESPACE: system.namespace,
      TEST_TAGSERVER_URL: system.tagServer.url,
      TEST_CODEC_KEY: CODEC.new,
      TEST_CODEC_OLD_KEY: CODEC.old,
      TEST_CODEC_JDBC_URL: jdbcUrl(encrypted),
      TEST_CODEC_NAMESPACE: encrypted.namespace,
      TEST_CODEC_TAGSERVER_URL: encrypted.tagServer.url,
    },
    cwd: projectFolder,
  });
  stack.defer(() => maven.stop());
  const late = setTimeout(() => {
    console.error(`Maven has not ended after ${LIMIT_MINUTES} minutes; it is stopped.`);
    void maven.stop();
  }, LIMIT_MINUTES * 60_000);
  const end = await maven.ended;
  clearTimeout(late);
  say(end.code === 0 ? 'Maven: all went well' : maven.describeEnd(end));
  return surefireCounts(reports(), end.code ?? 1);
}

function reports(): string[] {
  try {
    return readdirSync(reportFolder)
      .filter((name) => name.endsWith('.xml'))
      .map((name) => readFileSync(join(reportFolder, name), 'utf8'));
  } catch {
    return [];
  }
}

let stopping = false;
onStopSignal(async (signal) => {
  stopping = true;
  say(`\nStopped by ${signal}.`);
  await stack.disposeAsync();
});
let counts = NOT_RUN;
try {
  counts = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
// Interrupted tests are not a result. The handler ends the process.
if (stopping) await new Promise(() => {});
try {
  await stack.disposeAsync();
} catch (error) {
  console.error('Not everything stopped:', error);
}
say(summary(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
