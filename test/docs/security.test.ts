import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';

const page = readFileSync(join(projectFolder, 'docs', 'security.md'), 'utf8');
const [, section = ''] = /^## Threat model\n(.*?)^## /ms.exec(page) ?? [];

/** The cells of each row of the table, without its two header lines. */
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );

describe('the threat model', () => {
  test('covers each way in', () => {
    const entries = rows.map(([entry = '']) => entry).join('\n');
    for (const way of ['ChatWoot', 'Mautic', 'MailChimp', 'RunSignup', '/hooks/', '/v1/sync', 'database login'])
      expect(entries).toContain(way);
    for (const way of ['Temporal', 'EMS', 'terminal', 'backup', 'supply chain']) expect(entries).toContain(way);
  });

  test.each(rows.map((cells) => [cells[0] ?? '', cells] as const))(
    '%s: has four cells and tests that exist',
    (_entry, cells) => {
      expect(cells).toHaveLength(4);
      for (const cell of cells) expect(cell).not.toBe('');
      const named = [...(cells[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
      expect(named).not.toEqual([]);
      expect(
        named.filter((file) => !file.endsWith('.test.ts') || !existsSync(join(projectFolder, 'test', file))),
      ).toEqual([]);
    },
  );
});
