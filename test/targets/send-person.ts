import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { TARGETS } from '../../targets/index.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { Records } from './records.ts';
import { sampleRow, sampleSources } from './sample-rows.ts';

/** A program for one-line.test.ts: sets a target up, sends it the first sample person, and prints the result. */
const [name, settings = '{}'] = process.argv.slice(2);
const target = TARGETS.find(({ process: { name: candidate } }) => candidate === name);
const mapping = target?.process.mappings.find(({ type }) => type === 'Person');
if (target === undefined || mapping === undefined) throw new Error(`${name} has no persons`);

const remote = target.connect(
  target.settings.parse(JSON.parse(settings)),
  unlimitedConnections('ratchet', [new Uint8Array(32).fill(7)]),
);
const created = (await remote.shape?.create()) ?? [];
const mapped = mapping.map(sampleRow('Person', 1), sampleSources(mapping, 1));
if (mapped.kind === 'parked') throw new Error(`parked: ${mapped.field} ${mapped.reason}`);

const canonical = (content: Content) =>
  Object.fromEntries(Object.entries(content).map(([field, value]) => [field, canonicalForm(value)]));

const outcome = await remote.send(new Records().request('1', mapped.content, {})).then(
  (result) => ({ stored: 'stored' in result && result.stored ? canonical(result.stored) : null, failure: null }),
  (error: unknown) => {
    if (!(error instanceof SyncError)) throw error;
    return { stored: null, failure: { code: error.code, field: error.field } };
  },
);
console.log(JSON.stringify({ version: mapping.version, created, content: canonical(mapped.content), ...outcome }));
await remote.close?.();
