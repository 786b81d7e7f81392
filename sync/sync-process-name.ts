/** The sync processes of the specification, one for each target system. */
export const SYNC_PROCESS_NAMES = ['TAGSERVER', 'MAUTIC', 'MAILCHIMP', 'RUNSIGNUP', 'CHATWOOT'] as const;

export type SyncProcessName = (typeof SYNC_PROCESS_NAMES)[number];

export const DIRECTIONS = ['outbound', 'inbound'] as const;

export type Direction = (typeof DIRECTIONS)[number];
