import { SyncError } from '../../sync/sync-error.ts';
import { canonicalBib } from './bibs.ts';
import { singleSpaced } from './texts.ts';
import { atWall, EASTERN, formatMinute, parseWallMinutes } from './times.ts';
import { toldText } from './told-text.ts';

export type RegistrationForm = 'line' | 'lineIfAny' | 'bib' | 'chip' | 'team' | 'eastern' | 'active';

/** An unparsed registration, including undeclared properties. */
export type Told = Readonly<Record<string, unknown>>;

/** The form of a value at RunSignup. */
interface Form {
  /**
   * @returns undefined if the value is missing or ambiguous.
   * @throws SyncError of class `contract` for a value in an unknown form.
   */
  readonly read: (told: Told, name: string) => string | null | undefined;
  /** Left out: unchanged. */
  readonly write?: (value: string) => string | number;
}

export const REGISTRATION_FORMS: Readonly<Record<RegistrationForm, Form>> = {
  line: { read: lineIn },
  /** RunSignup may not return it at all, so null means unknown. */
  lineIfAny: { read: (told, name) => lineIn(told, name) ?? undefined },
  bib: {
    read: (told, name) => {
      const bib = lineIn(told, name);
      return bib === null || bib === undefined ? bib : (canonicalBib(bib) ?? bib);
    },
    write: Number,
  },
  chip: { read: lineIn },
  /** Undefined: it has a team, whose name is not returned. */
  team: { read: (told, name) => lineIn(told, name) ?? (told['team_id'] === null ? null : undefined) },
  eastern: { read: easternMinute },
  /** A registration that is not in the removed feed. */
  active: { read: () => 'active' },
};

function lineIn(told: Told, name: string): string | null | undefined {
  const text = toldText(told[name], name);
  return text === undefined ? undefined : singleSpaced(text);
}

function easternMinute(told: Told, name: string): string | undefined {
  const text = toldText(told[name], name);
  if (!text) return undefined;
  try {
    return formatMinute(atWall(parseWallMinutes(text), EASTERN));
  } catch {
    throw new SyncError('contract', `RunSignup's registration does not fit the contract at ${name}`, {
      code: 'contract',
      field: name,
    });
  }
}
