import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { projectFolder } from '../../local/folders.ts';

const FOLDER = join(projectFolder, 'deploy', 'kubernetes');

const resource = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.record(z.string(), z.unknown()).optional(),
});
type Resource = z.infer<typeof resource>;

/** `kustomization.yaml` is no resource of the API. */
const resources = readdirSync(FOLDER)
  .filter((file) => file !== 'kustomization.yaml')
  .flatMap((file) => parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')))
  .map((document) => resource.parse(document.toJS()));

interface Model {
  /** @throws Error if the resource does not fit the API's schema. */
  validate(): void;
}

/** @throws Error if neither Kubernetes nor KEDA has the kind in this version. */
async function modelOf(one: Resource): Promise<Model> {
  const { apiVersion, kind } = one;
  const models = apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models';
  const module = (await import(`${models}/${apiVersion}/${kind}`)) as Readonly<
    Record<string, new (data: unknown) => Model>
  >;
  const Kind = module[kind];
  if (Kind === undefined) throw new Error(`${models} has no ${apiVersion} ${kind}`);
  return new Kind(one);
}

const named = resources.map((one): [string, Resource] => [`${one.kind} ${one.metadata.name}`, one]);

test.each(named)('%s fits the schema of its API', async (_, one) => {
  const model = await modelOf(one);
  expect(() => model.validate()).not.toThrow();
});

test.each(named.filter(([, { spec }]) => spec !== undefined))(
  '%s with a value of another type is refused',
  async (_, one) => {
    const wrong = Object.fromEntries(Object.entries(one.spec ?? {}).map(([name]) => [name, true]));
    const model = await modelOf({ ...one, spec: wrong });
    expect(() => model.validate()).toThrow(/must be/);
  },
);
