// Usage: node download-temporal-cli.ts FOLDER. A separate program, so that a stalled download can be killed.
// The SDK exposes its downloader only through starting a development server.
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
