export { syncEntity } from './sync-entity.ts';
export { syncPage } from './sync-page.ts';
export { syncRemote } from './sync-remote.ts';
export { sweepOutbound } from './sweep-outbound.ts';
export { compareTarget } from './compare-target.ts';
export { removeExpired } from './remove-expired.ts';
export { pollInbound } from './poll-inbound.ts';
export { resolveHinted } from './resolve-hinted.ts';
