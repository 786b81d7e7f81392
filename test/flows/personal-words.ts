import type { Client as TemporalClient } from '@temporalio/client';
import type { Federation } from '../../simulators/ems/index.ts';
import { asText } from './as-text.ts';
import { listIsCurrent } from './list-is-current.ts';

/** Every run's events as text, payloads decoded, by workflow id. */
export async function allHistories(client: TemporalClient): Promise<Map<string, string>> {
  await listIsCurrent(client);
  const texts = new Map<string, string>();
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.set(workflowId, (texts.get(workflowId) ?? '') + asText(history));
  }
  return texts;
}

/**
 * Names, addresses, e-mails and phones of the sample. Excludes names of one or two Latin letters, which occur in any
 * text.
 */
export function personalWords({ tables }: Federation): Set<string> {
  const columns = ['first_name', 'last_name', 'email', 'phone', 'street'] as const;
  const values = tables.person.flatMap((person) => columns.map((column) => person[column]));
  return new Set(
    values.flatMap((value) => {
      const word = value?.normalize('NFC').trim() ?? '';
      return /^\p{Script=Latin}{0,2}$/u.test(word) ? [] : [word];
    }),
  );
}

/** The words that occur in the text. */
export function found(words: ReadonlySet<string>, text: string): string[] {
  return [...words].filter((word) => {
    const at = text.indexOf(word);
    return at >= 0 && isWord(text, word);
  });
}

/** `Li` within `Limit` is not the name. */
function isWord(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'u').test(text);
}
