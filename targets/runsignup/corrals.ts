import type { Content } from '../../sync/content-hash.ts';
import type { ReadEvent, ReadRace } from './read-race.ts';
import { parseMinute, wallOf } from './times.ts';

/** Start groups as RunSignup takes corrals; one without a name is none. */
export function corralsOf(race: ReadRace, event: ReadEvent, { corrals }: Content): Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(corrals)) return [];
  return corrals.flatMap((corral: unknown, index) => {
    const { name, startsOn } = corral as { readonly name?: string | null; readonly startsOn?: string | null };
    if (name === null || name === undefined) return [];
    return [
      {
        race_corral_id: null,
        corral_name: name,
        corral_start_desc: startsOn ? wallOf(parseMinute(startsOn), race.zone).toString().slice(11, 16) : null,
        applicable_event_ids: [Number(event.eventId)],
        sort_order: index + 1,
      },
    ];
  });
}
