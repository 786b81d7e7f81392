/** Real answers need more bytes for each value; one of `[{},{},…]` needs three, and a minute to be read. */
const BYTES_PER_VALUE = 20;

/** However long an answer may be: more take seconds. */
const MOST_VALUES = 1_000_000;

/** Small answers may be as dense as they like. */
const VALUES_OF_SMALL_ANSWERS = 10_000;

/** No vendor nests more than a dozen. Functions that call themselves for each level end at some thousands. */
const MOST_LEVELS = 100;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET = { opening: 0x5b, closing: 0x5d } as const;
const BRACE = { opening: 0x7b, closing: 0x7d } as const;

/**
 * Whether a JSON text would need much time or stack although it is short: it has too many values for an answer of at
 * most `mostBytes`, or too many levels. Looks at each character once, before the text is parsed.
 */
export function isOverloaded(text: string, mostBytes: number): boolean {
  const mostValues = Math.min(MOST_VALUES, Math.max(VALUES_OF_SMALL_ANSWERS, mostBytes / BYTES_PER_VALUE));
  let values = 0;
  let levels = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (inText) {
      if (unit === BACKSLASH) at += 1;
      else if (unit === QUOTE) inText = false;
    } else if (unit === QUOTE) inText = true;
    else if (unit === COMMA) values += 1;
    else if (unit === BRACE.opening || unit === BRACKET.opening) {
      values += 1;
      levels += 1;
    } else if (unit === BRACE.closing || unit === BRACKET.closing) levels -= 1;
    if (values > mostValues || levels > MOST_LEVELS) return true;
  }
  return false;
}
