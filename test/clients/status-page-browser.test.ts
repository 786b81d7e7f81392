import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createGateway } from '../../clients/gateway/server.ts';
import { projectFolder } from '../../local/folders.ts';
import { namedTokens } from '../../settings/named-tokens.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';
import { hasChromium, HeadlessPage } from './headless-chromium.ts';

/** Only a machine that is not Linux, and has no Chromium of its own, leaves these out; they count as skipped there. */
const inBrowser = hasChromium ? describe : describe.skip;

const AXE = join(projectFolder, 'node_modules', 'axe-core', 'axe.min.js');

/** Temporal, as far as the page asks it. */
const temporal = {
  workflow: {
    list: async function* () {
      yield { closeTime: new Date(Date.now() - 40_000) };
    },
    getHandle: () => ({ describe: async () => ({ status: { name: 'COMPLETED' }, runId: 'run-1' }) }),
  },
  schedule: { getHandle: () => ({ describe: async () => ({ spec: { calendars: [{ comment: '15 * * * * * *' }] } }) }) },
} as unknown as Client;

inBrowser('the status page in a browser', () => {
  let database: MigratedDatabase;
  let app: FastifyInstance;
  let page: HeadlessPage;
  let url: string;

  beforeAll(async () => {
    database = await migratedDatabase();
    const { client } = database;
    await client.query(
      `INSERT INTO sync_process_state (name, is_on, missing)
       VALUES ('TAGSERVER', true, '{}'), ('CHATWOOT', true, '{}'), ('MAUTIC', false, '{MAUTIC_URL}')`,
    );
    await client.query(`INSERT INTO sync_person (sync_process, entity_key, state, last_error_code, last_error) VALUES
      ('TAGSERVER', 1, 'IN_SYNC', NULL, NULL), ('TAGSERVER', 2, 'FAILING', 'TAGSERVER-503', 'transient'),
      ('TAGSERVER', 3, 'PARKED', 'TAGSERVER-409-DUPLICATE-BIB', 'rejected'), ('CHATWOOT', 1, 'IN_SYNC', NULL, NULL)`);
    await client.query(
      `INSERT INTO sync_hold (sync_process, entity_type, kind, held, linked, examples, held_hash)
       VALUES ('TAGSERVER', 'Person', 'delete', 7, 9, '{3,4}', 'x')`,
    );
    await client.query("INSERT INTO sync_pause (sync_process) VALUES ('CHATWOOT')");
    const { common: settings } = readSettings({ DATABASE_URL: database.url, TEMPORAL_UI_URL: 'https://ui.example' });
    app = createGateway({
      log: pino({ level: 'silent' }),
      chatwoot: null,
      consent: [],
      onDemand: null,
      unreachable: async () => [],
      statusPage: {
        orm: database.orm,
        temporal,
        settings,
        tokens: namedTokens.parse('ops:token-of-ops'),
        unreachable: () => null,
      },
    });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    page = await HeadlessPage.start();
  });

  afterAll(async () => {
    await page?.stop();
    await app?.close();
    await database?.close();
  });

  /** What axe finds, in both colour schemes. */
  async function violations(): Promise<unknown> {
    const found: unknown[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      await page.show(1_100, scheme);
      await page.evaluate(`${readFileSync(AXE, 'utf8')}; 1`);
      found.push(
        await page.evaluate(
          `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
        ),
      );
    }
    return found.flat();
  }

  /** For docs: `SCREENSHOTS=folder`. */
  async function keepPicture(name: string): Promise<void> {
    const folder = process.env['SCREENSHOTS'];
    if (folder !== undefined) await writeFile(join(folder, `${name}.png`), await page.screenshot());
  }

  const focused = () =>
    page.evaluate<string>("(document.activeElement?.id || document.activeElement?.textContent || '').trim()");

  test('is used by keyboard alone: log in, skip to the content, ask why', async () => {
    await page.show(1_100, 'light');
    await page.open(url);
    expect(await violations()).toEqual([]);
    expect(await focused()).toBe('token');
    await page.type('token-of-ops');
    await page.mark();
    await page.press('Enter');
    await page.loaded('the overview');
    expect(await page.evaluate('document.title')).toBe('Status – ems-sync');

    await page.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.press('Enter');
    const order: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      await page.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['Read again', 'type', 'id', 'Why?']);
    await page.evaluate("(document.getElementById('id').focus(), 1)");
    await page.type('2');
    await page.mark();
    await page.press('Enter');
    await page.loaded('the answer');
    expect(await page.evaluate('location.pathname + location.search')).toBe('/why?type=Person&id=2');
    expect(await page.evaluate('document.body.textContent')).toMatch(/FAILING/);
    expect(await violations()).toEqual([]);
  });

  test('has no fault that axe finds, light and dark, and shows what is late, held, paused and failing', async () => {
    await page.open(url);
    expect(await violations()).toEqual([]);
    await keepPicture('status-page-dark');
    await page.show(1_100, 'light');
    await keepPicture('status-page-light');
    const text = await page.evaluate<string>('document.body.textContent');
    expect(text).toContain('HELD: 7 of 9 Person would leave TAGSERVER');
    expect(text).toContain('CHATWOOT is paused');
    expect(text).toContain('TAGSERVER-409-DUPLICATE-BIB');
    const [light, dark] = [await background('light'), await background('dark')];
    expect([light, dark]).toEqual(['rgb(255, 255, 255)', expect.not.stringContaining('255')]);
  });

  test('fits a narrow screen: only tables scroll sideways, each within its frame', async () => {
    await page.show(320, 'light');
    await page.open(url);
    expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(320);
    expect(
      await page.evaluate("[...document.querySelectorAll('.scroll')].every((one) => one.clientWidth <= 320)"),
    ).toBe(true);
    await keepPicture('status-page-narrow');
  });

  test('loads nothing but its own style sheet, and runs no script', async () => {
    await page.open(url);
    const loaded = "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)";
    expect(await page.evaluate(loaded)).toEqual(['/status.css']);
    expect(await page.evaluate('document.scripts.length')).toBe(0);
    // The check itself can fail.
    await page.evaluate("(document.querySelector('main').append(document.createElement('img')), 1)");
    expect(await violations()).toContainEqual(expect.stringMatching(/^image-alt: /));
  });

  async function background(scheme: 'light' | 'dark'): Promise<string> {
    await page.show(1_100, scheme);
    return page.evaluate('getComputedStyle(document.body).backgroundColor');
  }
});
