// Written as escapes and properties: the characters themselves would be invisible here, too.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
const HIDDEN_BUT_LINE_BREAKS = /[^\P{Cc}\n]|[\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * A value of EMS or of a remote as an operator's terminal may show it. What a terminal obeys or hides (escape sequences, line
 * breaks, marks that turn the direction of text, half characters) is written as `\u{1b}`. A name cannot move the cursor,
 * change colours, forge a line, or look like another one.
 */
export function visible(value: string): string {
  return value.replaceAll(HIDDEN, escaped);
}

/** The same for a text of several lines whose line breaks are ours. */
export function visibleLines(text: string): string {
  return text.replaceAll(HIDDEN_BUT_LINE_BREAKS, escaped);
}

/** JSON for a terminal: the same characters as JSON's own escapes, so that it parses to the same value. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(HIDDEN, (character) =>
    Array.from({ length: character.length }, (_, at) => jsonEscape(character.charCodeAt(at))).join(''),
  );
}

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

const jsonEscape = (unit: number): string => String.raw`\u${unit.toString(16).padStart(4, '0')}`;
