import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { emsColumns, TYPE_NAMES } from '../../database/model/ems-columns.ts';
import { parseModel } from '../../database/model/read-model.ts';
import { EMS_TYPES } from '../../database/model/view-sql.ts';
import { entityTable } from '../../database/table-names.ts';
import { projectFolder } from '../../local/folders.ts';
import { TARGETS } from '../../targets/index.ts';
import { typesRead } from '../../targets/types-read.ts';

const page = readFileSync(join(projectFolder, 'docs', 'ems-requirements.md'), 'utf8');

const rows = new Map(
  [...page.matchAll(/^\| `(\w+)` \| `(\w+)` \| ([^|]*) \| ([^|]*) \|$/gm)].map(([, type = '', ...cells]) => [
    type,
    cells,
  ]),
);

describe('docs/ems-requirements.md', () => {
  test.each(EMS_TYPES)('lists the table of %s, the targets that read it, and its columns with their types', (type) => {
    const [table, targets = '', columns = ''] = rows.get(type) ?? [];
    expect(table).toBe(entityTable(type));
    const readers = TARGETS.filter(({ process }) => typesRead([process]).includes(type));
    expect(targets.toUpperCase().split(', ')).toEqual(readers.map(({ process }) => process.name));
    const listed = columns.split('; ').flatMap((group) => {
      const [kind = '', names = ''] = group.split(': ');
      return names.split(', ').map((name) => `${name.replace(/`/g, '')} ${kind}`);
    });
    const expected = emsColumns(type)
      .filter(({ column }) => column !== 'id' && column !== 'modified_on')
      .map(({ column, kind, isRequired }) => `${isRequired ? `**${column}**` : column} ${TYPE_NAMES[kind]}`);
    expect(listed.toSorted()).toEqual(expected.toSorted());
  });

  test('its example can be read', () => {
    const example = /^```yaml file=ems-model\.yaml\n(.*?)^```$/ms.exec(page)?.[1] ?? '';
    const { model } = parseModel(example, 'ems-model.yaml');
    expect(model.Person?.columns).toMatchObject({ last_name: 'surname', nationality: null, first_name: 'firstName' });
  });
});
