import { describeHeldSweep } from '../../../sync/brake-limit.ts';
import type { EntityRef, EntityType } from '../../../sync/entity-type.ts';
import { describeHold } from '../../../sync/missing-limit.ts';
import { describePause } from '../../../sync/pause.ts';
import type { SyncProcessName } from '../../../sync/sync-process-name.ts';
import { meaningOf } from '../../../targets/failure-meaning.ts';
import type { CommonSettings } from '../../../settings/schema.ts';
import { lateAfter } from '../../alerts/find-alerts.ts';
import { age } from '../../cli/output.ts';
import { webUiList } from '../../web-ui-link.ts';
import { html, type Html } from './html.ts';
import type { Freshness, Overview } from './read-overview.ts';

/** More codes are left to `ems-sync failing`. */
const CODES_SHOWN = 50;

type Links = Pick<CommonSettings, 'TEMPORAL_UI_URL' | 'TEMPORAL_NAMESPACE'>;

/** What every page has around it. */
function page(title: string, content: Html, who: string | null): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – ems-sync</title>
        <link rel="stylesheet" href="/status.css" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <h1><a href="/">ems-sync</a></h1>
          ${who === null ? null : html`<form method="post" action="/logout"><span class="muted">${who}</span> <button>Log out</button></form>`}
        </header>
        <main id="content">${content}</main>
      </body>
    </html> `;
}

/** @param problem why the last attempt was refused; null: there was none. */
export function loginPage(problem: string | null): Html {
  return page(
    'Log in',
    html`<h2>Log in</h2>
      ${problem === null ? null : html`<p class="state bad" role="alert">${problem}</p>`}
      <form method="post" action="/login">
        <div>
          <label for="token">Token (one of GATEWAY_TOKENS)</label>
          <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
        </div>
        <button>Log in</button>
      </form>`,
    null,
  );
}

export function problemPage(what: string, who: string | null): Html {
  return page('Not available', html`<p class="state bad" role="alert">${what}</p>`, who);
}

export interface Shown {
  readonly who: string;
  readonly links: Links;
  readonly typeNames: readonly EntityType[];
}

/** Everything at a glance. */
export function overviewPage(overview: Overview, shown: Shown): Html {
  const { at, paused, held, off } = overview;
  return page(
    'Status',
    html`${summary(overview)}
      <p class="muted">As of <time datetime="${at}">${at}</time>. <a href="/">Read again</a></p>
      ${search(shown, null)} ${paused.map((pause) => html`<p class="state warn">${describePause(pause)}</p>`)}
      ${held.map((hold) => html`<p class="state warn">${hold.kind === 'unlink' ? describeHold(hold) : describeHeldSweep({ ...hold, kind: hold.kind })}</p>`)}
      ${freshnessTable(overview.freshness, shown.links)} ${typesTable(overview, shown.links)}
      ${failuresTable(overview, shown.links)}
      ${
        off.length === 0
          ? null
          : html`<h2>Off</h2>
              <ul>
                ${off.map(({ process, missing }) => html`<li>${process}: ${missing.length === 0 ? 'no worker serves it' : `${missing.join(', ')} not set`}</li>`)}
              </ul>`
      }`,
    shown.who,
  );
}

function summary({ types, paused, held, freshness }: Overview): Html {
  const sum = (count: (type: Overview['types'][number]) => number) =>
    types.reduce((before, type) => before + count(type), 0);
  const late = freshness
    .filter((one) => isLate(one) && !paused.some(({ process }) => process === one.process))
    .map(({ process, direction }) => `${process} ${direction}`);
  const facts = [
    [late.length, `late: ${late.join(', ')}`],
    [held.length, `${held.length} held`],
    [paused.length, `${paused.length} paused`],
    [sum(({ failing }) => failing), `${sum(({ failing }) => failing)} failing`],
    [sum(({ due }) => due), `${sum(({ due }) => due)} due`],
    [sum(({ waiting }) => waiting), `${sum(({ waiting }) => waiting)} waiting`],
    [sum(({ parked }) => parked), `${sum(({ parked }) => parked)} parked`],
  ].flatMap(([count, fact]) => (count === 0 ? [] : [String(fact)]));
  const isBad = late.length > 0 || sum(({ failing }) => failing) > 0 || held.length > 0;
  const isCalm = !isBad && paused.length === 0 && sum(({ due, waiting }) => due + waiting) === 0;
  const state = isBad ? 'bad' : isCalm ? 'good' : 'warn';
  const words = `${isCalm ? 'In step' : isBad ? 'Needs a look' : 'At work'}${facts.length === 0 ? '' : `: ${facts.join(', ')}`}`;
  return html`<p class="state ${state}" role="status">${words}</p>`;
}

const isLate = (one: Freshness) => one.secondsAgo === null || one.secondsAgo > lateAfter(one);

function freshnessTable(freshness: readonly Freshness[], links: Links): Html {
  const workflow = { outbound: 'sweepOutbound', inbound: 'pollInbound' } as const;
  return table(
    'Freshness',
    'When a sweep (outbound) or poll (inbound) last looked at everything',
    ['Process', 'Direction', 'Last success', 'In the Web UI'],
    freshness.map(
      (one) =>
        html`<tr>
          <th scope="row">${one.process}</th>
          <td>${one.direction}</td>
          <td class="${isLate(one) ? 'bad' : 'good'}">
            ${one.secondsAgo === null ? 'never, as far as Temporal knows' : `${age(one.secondsAgo)} ago`}${isLate(one) ? ' (late)' : null}
          </td>
          <td>
            ${list(links, `WorkflowType = "${workflow[one.direction]}" AND SyncProcess = "${one.process}"`, `${one.process} ${one.direction}`)}
          </td>
        </tr>`,
    ),
  );
}

function typesTable({ types, paused }: Overview, links: Links): Html {
  const isPaused = (process: SyncProcessName) => paused.some((pause) => pause.process === process);
  return table(
    'Processes and types',
    'Rows by state. Due: what the last plan of a sweep has counted, at most 10,000',
    [
      'Process',
      'Type',
      '#In sync',
      '#Due',
      'Oldest due',
      '#Waiting',
      '#Failing',
      '#Parked',
      '#Suppressed',
      '#Held',
      'In the Web UI',
    ],
    types.map(
      (one) =>
        html`<tr>
          <th scope="row">${one.process}${isPaused(one.process) ? ' (paused)' : null}</th>
          <td>${one.type}</td>
          ${[one.inSync, one.due].map((count) => html`<td class="number">${count}</td>`)}
          <td>${age(one.oldestDueSeconds) ?? '–'}</td>
          <td class="number">${one.waiting}</td>
          <td class="number ${one.failing > 0 ? 'bad' : ''}">${one.failing}</td>
          ${[one.parked, one.suppressed].map((count) => html`<td class="number">${count}</td>`)}
          <td class="number ${one.held > 0 ? 'warn' : ''}">${one.held}</td>
          <td>
            ${list(links, `SyncProcess = "${one.process}" AND EntityType = "${one.type}" AND SyncOutcome IN ("FAILING", "PARKED", "WAITING")`, `${one.process} ${one.type} that are not in sync`)}
          </td>
        </tr>`,
    ),
  );
}

function failuresTable({ failures }: Overview, links: Links): Html {
  if (failures.length === 0)
    return html`<h2>Failing and parked</h2>
      <p>Nothing fails, and nothing is parked.</p>`;
  const most = failures.toSorted((one, other) => other.failing + other.parked - one.failing - one.parked);
  return html`${table(
    'Failing and parked',
    'By code, the most frequent first',
    ['Code', 'Type', '#Failing', '#Parked', 'What it means, and what to do', 'In the Web UI'],
    most.slice(0, CODES_SHOWN).map(({ code, process, type, failing, parked }) => {
      const { says, remedy } = meaningOf(code);
      const state = failing > 0 ? 'FAILING' : 'PARKED';
      return html`<tr>
        <th scope="row">${code}</th>
        <td>${type}</td>
        <td class="number">${failing}</td>
        <td class="number">${parked}</td>
        <td>${says} ${remedy}</td>
        <td>
          ${list(links, `SyncProcess = "${process}" AND EntityType = "${type}" AND SyncOutcome = "${state}"`, `${process} ${type} ${state.toLowerCase()}`)}
        </td>
      </tr>`;
    }),
  )}${most.length > CODES_SHOWN ? html`<p>… and ${most.length - CODES_SHOWN} more: npx ems-sync failing --group code</p>` : null}`;
}

/** A heading that begins with # is above numbers. */
function table(title: string, caption: string, head: readonly string[], rows: readonly Html[]): Html {
  const cells = head.map((cell) =>
    cell.startsWith('#')
      ? html`<th scope="col" class="number">${cell.slice(1)}</th>`
      : html`<th scope="col">${cell}</th>`,
  );
  return html`<h2>${title}</h2>
    <div class="scroll" role="region" aria-label="${title}" tabindex="0">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${cells}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

const list = (links: Links, query: string, what: string): Html =>
  html`<a href="${webUiList(links, query)}" aria-label="runs: ${what}">runs</a>`;

function search({ typeNames }: Shown, ref: EntityRef | null): Html {
  return html`<form method="get" action="/why" role="search" aria-label="One row">
    <div>
      <label for="type">Type</label
      ><select id="type" name="type">
        ${typeNames.map((type) => html`<option${type === (ref?.type ?? 'Person') ? html` selected` : null}>${type}</option>`)}
      </select>
    </div>
    <div>
      <label for="id">Id in EMS</label
      ><input id="id" name="id" inputmode="numeric" required pattern="[0-9]{1,19}" value="${ref?.key ?? ''}" />
    </div>
    <button>Why?</button>
  </form>`;
}

/** One row as each process sees it. */
export function whyPage(
  ref: EntityRef,
  explained: readonly { readonly process: SyncProcessName; readonly text: string; readonly link: string }[],
  shown: Shown,
): Html {
  const what = `${ref.type} ${ref.key}`;
  return page(
    what,
    html`${search(shown, ref)}
    ${explained.length === 0 ? html`<p class="state warn">EMS has no ${what}, and no process has a record of it.</p>` : null}
    ${explained.map(
      ({ process, text, link }) =>
        html`<h2 id="${process}">${process}: ${what}</h2>
          <pre tabindex="0" aria-labelledby="${process}">${text}</pre>
          <p><a href="${link}">Its workflow in the Web UI</a></p>`,
    )}`,
    shown.who,
  );
}
