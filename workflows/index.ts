export { syncEntity } from './sync-entity.ts';
export { sweepOutbound } from './sweep-outbound.ts';
