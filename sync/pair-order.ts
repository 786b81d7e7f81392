/**
 * What an operator decides for one pair. `link:47`: it is the remote record 47. `unlink`: it is none, and stays so.
 * `restore:12`: the remote values that lost conflict 12 go into EMS.
 */
export type PairOrder = 'unlink' | `link:${string}` | `restore:${string}`;

export function isPairOrder(request: string): request is PairOrder {
  return request === 'unlink' || request.startsWith('link:') || request.startsWith('restore:');
}
