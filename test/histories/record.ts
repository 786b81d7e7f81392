import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { projectFolder } from '../../local/folders.ts';
import { onStopSignal } from '../../local/stop-signals.ts';
import { findTemporalCli } from '../../local/temporal-cli.ts';
import { System } from '../flows/system.ts';
import { startLocalServers } from '../local-servers.ts';
import { SCENARIOS } from './scenarios.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const say = (line: string): void => console.log(line);

/**
 * `npm run histories`: runs every scenario on real servers and saves its histories in this folder, replacing those with
 * the same name; those of older releases stay.
 * `npm run histories -- consent`: runs only scenarios with that word in their title.
 */
async function main(): Promise<void> {
  const servers = await startLocalServers(await findTemporalCli({ onProgress: say }), say);
  onStopSignal(() => servers.stop());
  Object.assign(process.env, servers.environment);
  try {
    const recorded = new Map<string, string>();
    const [word = ''] = process.argv.slice(2);
    const system = await System.start({
      targets: ['TAGSERVER', 'MAUTIC', 'MAILCHIMP', 'CHATWOOT'],
      // Small enough for the scenario of pages; the others have less due.
      settings: { SYNC_PAGE_THRESHOLD: '10' },
    });
    try {
      for (const scenario of SCENARIOS.filter(({ title }) => title.includes(word))) {
        say(scenario.title);
        for (const [name, run] of Object.entries(await scenario.run(system))) {
          const { workflowId, runId } = typeof run === 'string' ? { workflowId: run, runId: undefined } : run;
          const handle = system.temporal.workflow.getHandle(workflowId, runId);
          recorded.set(name, impersonal(historyToJSON(await handle.fetchHistory())));
        }
      }
    } finally {
      await system.stop();
    }
    for (const [name, json] of recorded) writeFileSync(`${folder}/${name}.json`, `${json}\n`);
    say(`${recorded.size} histories recorded in test/histories`);
  } finally {
    await servers.stop();
  }
}

/** Removes the machine's name and folders, because only the commands of a history matter. */
function impersonal(json: string): string {
  return json.replaceAll(projectFolder.replace(/\/$/, ''), '.').replaceAll(/"\d+@[^"]*"/g, '"worker"');
}

await main();
