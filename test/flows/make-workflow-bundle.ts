import { renameSync, writeFileSync } from 'node:fs';
import { createWorkflowBundle } from '../../workers/workflow-bundle.ts';

/** `node make-workflow-bundle.ts FILE`. A separate process, so that tests need not load the bundler. */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: node make-workflow-bundle.ts FILE');
const { code } = await createWorkflowBundle();
const unfinished = `${file}.${process.pid}`;
writeFileSync(unfinished, code);
// Other test files may build it at the same time. The rename makes sure that nobody reads half a file.
renameSync(unfinished, file);
