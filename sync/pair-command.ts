/**
 * A command of an operator for one pair. `link:47`: link it to remote record 47. `unlink`: unlink it, for good. `erase`: delete
 * it for good at the target. `restore:12`: write the remote values that lost conflict 12 into EMS.
 */
export type PairCommand = 'unlink' | 'erase' | `link:${string}` | `restore:${string}`;

export function isPairCommand(request: string): request is PairCommand {
  return request === 'unlink' || request === 'erase' || request.startsWith('link:') || request.startsWith('restore:');
}
