/**
 * What an operator decides for one pair. `link:47`: it is the remote record 47. `unlink`: it is none, and stays so.
 * `erase`: it is deleted for good at the target.
 * `restore:12`: the remote values that lost conflict 12 go into EMS.
 */
export type PairCommand = 'unlink' | 'erase' | `link:${string}` | `restore:${string}`;

export function isPairCommand(request: string): request is PairCommand {
  return request === 'unlink' || request === 'erase' || request.startsWith('link:') || request.startsWith('restore:');
}
