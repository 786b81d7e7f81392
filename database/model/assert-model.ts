import { SettingsError } from '../../settings/settings-error.ts';
import type { EntityManager } from '../orm.ts';
import { readModelFile } from './read-model.ts';
import { describeModel, readStoredModel } from './stored-model.ts';

/**
 * Whether the views in the database are those of `EMS_MODEL_FILE`. Without a file, the views that are there are used.
 *
 * @throws SettingsError if they are not: the search path would fall through to other tables, or read others.
 */
export async function assertModel(em: Pick<EntityManager, 'execute'>, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const { model } = readModelFile(file);
  const stored = await readStoredModel(em);
  if (stored === null) {
    throw new SettingsError([`EMS_MODEL_FILE: the database has no views of ${file} yet. Run: npx ems-sync migrate`]);
  }
  if (describeModel(stored) !== describeModel(model)) {
    throw new SettingsError([
      `EMS_MODEL_FILE: ${file} has changed since the views were made. Run: npx ems-sync migrate`,
    ]);
  }
}
