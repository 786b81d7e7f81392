import { text, type Source } from '../../sync/fields.ts';
import { singleSpaced } from './texts.ts';

/** A line of EMS's text as both sides compare it. @throws Unmappable as `text` does. */
export function line([column, value]: Source<string | null | undefined>, max = 255): string | null {
  return text([column, singleSpaced(value)], max);
}
