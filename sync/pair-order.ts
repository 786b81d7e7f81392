/**
 * What an operator decides for one pair. `link:47`: it is the remote record 47. `unlink`: it is none, and stays so.
 * `erase`: it is deleted for good at the target.
 * `restore:12`: the remote values that lost conflict 12 go into EMS.
 */
export type PairOrder = 'unlink' | 'erase' | `link:${string}` | `restore:${string}`;

export function isPairOrder(request: string): request is PairOrder {
  return request === 'unlink' || request === 'erase' || request.startsWith('link:') || request.startsWith('restore:');
}
