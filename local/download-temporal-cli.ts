// A program of its own, so that it can be ended: usage: node download-temporal-cli.ts FOLDER
// The SDK's downloader is reached only by starting a development server with what it has downloaded.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const downloadDir = process.argv[2];
if (downloadDir === undefined) throw new Error('Usage: node download-temporal-cli.ts FOLDER');

try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  await environment.teardown();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
