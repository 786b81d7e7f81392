import { text, type Source } from '../../sync/fields.ts';
import { fieldKind, textIn, twoWayKind } from '../field-kinds.ts';
import { singleSpaced } from './texts.ts';

/** One line of EMS's text in the form in which both sides are compared. @throws Unmappable as `text` does. */
export function line([column, value]: Source<string | null | undefined>, max = 255): string | null {
  return text([column, singleSpaced(value)], max);
}

/** One line of at most `max` characters. */
export const lineUpTo = (max: number) =>
  twoWayKind(
    fieldKind<string | null>(`line of ${max}`, (source) => line(source, max)),
    textIn,
  );

/** One line of at most 255 characters. */
export const LINE = lineUpTo(255);
