// Written as escapes and properties, because the characters themselves would be invisible here.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
const HIDDEN_BUT_LINE_BREAKS = /[^\P{Cc}\n]|[\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Makes a value from EMS or a target safe to print on a terminal. Characters that a terminal interprets or hides
 * (escape sequences, line breaks, text direction marks, lone surrogates) are written as `\u{1b}`. A name then cannot
 * move the cursor, change colours, forge a line or imitate another name.
 */
export function visible(value: string): string {
  return value.replaceAll(HIDDEN, escaped);
}

/** The same for text with line breaks of our own. */
export function visibleLines(text: string): string {
  return text.replaceAll(HIDDEN_BUT_LINE_BREAKS, escaped);
}

/** JSON for a terminal: writes the same characters as JSON escapes, so that it parses to the same value. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(HIDDEN, (character) =>
    Array.from({ length: character.length }, (_, at) => jsonEscape(character.charCodeAt(at))).join(''),
  );
}

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

const jsonEscape = (unit: number): string => String.raw`\u${unit.toString(16).padStart(4, '0')}`;
