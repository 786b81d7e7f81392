const WORDS = ['unlink', 'erase', 'adopt', 'start-anew', 'relink'] as const;

/**
 * An operator's command for one pair. `link:47`: link it to remote record 47. `unlink`: unlink it permanently. `erase`:
 * delete it permanently at the target. `restore:12`: write the remote values that lost conflict 12 into EMS. `adopt`,
 * `start-anew`: the row is the one delivered under its id, or a different one. `relink`: resume an unlinked pair.
 */
export type PairCommand = (typeof WORDS)[number] | `link:${string}` | `restore:${string}`;

export function isPairCommand(request: string): request is PairCommand {
  return (
    (WORDS as readonly string[]).includes(request) || request.startsWith('link:') || request.startsWith('restore:')
  );
}
