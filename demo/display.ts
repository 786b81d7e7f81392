import Table from 'cli-table3';
import { createLogUpdate } from 'log-update';
import type { Status, TypeStatus } from '../clients/status.ts';

/** The demo's output. */
export interface Display {
  /** Prints a line that stays. */
  readonly say: (line: string) => void;
  /** Shows the current status and a line of news. */
  readonly show: (status: Status, news: string) => void;
  /** Stops refreshing. The last status stays on the screen. */
  readonly end: () => void;
}

/** Between two progress lines if the output is not a terminal, in milliseconds. */
const LINE_EVERY_MS = 5_000;

/** A table that is refreshed on a terminal, or plain lines every few seconds elsewhere. */
export function createDisplay(out: NodeJS.WriteStream): Display {
  return out.isTTY ? onTerminal(out) : inLines(out);
}

function onTerminal(out: NodeJS.WriteStream): Display {
  const log = createLogUpdate(out);
  let shown = '';
  let ended = false;
  return {
    say(line) {
      log.clear();
      out.write(`${line}\n`);
      if (shown !== '') log(shown);
    },
    show(status, news) {
      if (ended) return;
      shown = `\n${statusTable(status)}\n${news}`;
      log(shown);
    },
    end() {
      ended = true;
      log.done();
      shown = '';
    },
  };
}

function inLines(out: NodeJS.WriteStream): Display {
  let written = '';
  let writtenAt = 0;
  let latest = { lines: '', news: '' };
  let ended = false;
  const writeIfNew = (): void => {
    const { lines, news } = latest;
    if (lines === written) return;
    written = lines;
    writtenAt = Date.now();
    out.write(`${lines}${news === '' ? '' : `  (${news})`}\n`);
  };
  return {
    say: (line) => void out.write(`${line}\n`),
    show(status, news) {
      if (ended) return;
      latest = { lines: statusLines(status).join('\n'), news };
      if (Date.now() - writtenAt >= LINE_EVERY_MS) writeIfNew();
    },
    end() {
      writeIfNew();
      ended = true;
    },
  };
}

const COLUMNS = ['total', 'inSync', 'due', 'waiting', 'failing', 'parked'] as const;
const HEADINGS = ['process', 'type', 'total', 'in sync', 'due', 'waiting', 'failing', 'parked'];

/** One row for each process and type. */
export function statusTable({ processes }: Status): string {
  const table = new Table({
    head: HEADINGS,
    colAligns: HEADINGS.map((_, index) => (index < 2 ? 'left' : 'right')),
    style: { compact: true, head: [], border: [] },
  });
  for (const [process, types] of Object.entries(processes)) {
    for (const [type, status] of Object.entries(types)) {
      table.push([process, type, ...COLUMNS.map((column) => status[column])]);
    }
  }
  return table.toString();
}

/** One line for each process, with the sums of its types. */
export function statusLines({ processes }: Status): string[] {
  return Object.entries(processes).map(([process, types]) => {
    const sum = (column: (typeof COLUMNS)[number]): number =>
      Object.values<TypeStatus>(types).reduce((total, type) => total + type[column], 0);
    const rest = (['due', 'waiting', 'failing', 'parked'] as const).map((column) => `${sum(column)} ${column}`);
    return `${process}: ${sum('inSync')} of ${sum('total')} in sync, ${rest.join(', ')}`;
  });
}
