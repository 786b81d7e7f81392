import { writeFile } from 'node:fs/promises';
import { COMMON_MEANINGS, type FailureMeanings } from '../sync/failure-meaning.ts';
import { TARGETS } from '../targets/index.ts';

const HEAD = `# Failures

Every failing or parked row has a code: the process, and what follows here. A code never contains an id, so rows with the same
cause have the same code. This page is made by \`npm run errors\`.

\`\`\`bash
npx ems-sync failing --group code                 # the causes, the most frequent first
npx ems-sync failing --code TAGSERVER-409-DUPLICATE-BIB
npx ems-sync retry --code TAGSERVER-409-DUPLICATE-BIB --wait
\`\`\`

*Failing* means that five attempts have failed and that retries go on. *Parked* means that this content can never pass: the row
waits for a change in EMS, of the mapping, or for a human. A row that waits for another one, for example a parent that leaves
after its children, is *waiting*, and is not listed.
`;

/** docs/errors.md: what each code means, and what to do. */
export function errorsPage(): string {
  const own = TARGETS.map(({ process: { name, failures = {} } }) => `## ${name}\n\n${table(failures, `${name}-`)}`);
  return [HEAD, `## Any process\n\n${table(COMMON_MEANINGS, '…-')}`, ...own].join('\n');
}

function table(meanings: FailureMeanings, prefix: string): string {
  const rows = Object.entries(meanings)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, { says, remedy }]) => `| \`${prefix}${code}\` | ${says} | ${remedy} |\n`);
  return ['| code | what happened | what to do |\n', '| --- | --- | --- |\n', ...rows].join('');
}

if (import.meta.main) await writeFile(new URL('../docs/errors.md', import.meta.url), errorsPage());
