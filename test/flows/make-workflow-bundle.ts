import { renameSync, writeFileSync } from 'node:fs';
import { createWorkflowBundle } from '../../workers/workflow-bundle.ts';

/** `node make-workflow-bundle.ts FILE`: a process of its own, so that no test loads the bundler. */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: node make-workflow-bundle.ts FILE');
const { code } = await createWorkflowBundle();
const unfinished = `${file}.${process.pid}`;
writeFileSync(unfinished, code);
// Another test file may be making it too: each sees a whole file or none.
renameSync(unfinished, file);
