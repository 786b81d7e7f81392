import { renameSync, writeFileSync } from 'node:fs';
import { createWorkflowBundle } from '../../workers/workflow-bundle.ts';

/** `node make-workflow-bundle.ts FILE`. Runs as a child process, so that tests need not load the bundler. */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: node make-workflow-bundle.ts FILE');
const { code } = await createWorkflowBundle();
const unfinished = `${file}.${process.pid}`;
writeFileSync(unfinished, code);
// Other test files may build it at the same time. The rename prevents them from reading half a file.
renameSync(unfinished, file);
