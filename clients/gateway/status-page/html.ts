import { visibleLines } from '../../visible-text.ts';

/** Text that is HTML already. Everything else is escaped when it is put into HTML. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | readonly Part[];

/**
 * HTML with values in it. Strings are escaped, and characters that hide or change what is shown are written out; lists
 * are joined; null is nothing.
 *
 * @example
 * html`<li><a href="${link}">${name}</a></li>`;
 */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(fixed.map((text, index) => `${text}${written(parts[index] ?? null)}`).join(''));
}

function written(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escaped(visibleLines(`${part}`));
  return part.map((one) => written(one)).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
