/**
 * Who may change a field: only EMS, only the remote (never sent, never a conflict), or both. If the remote changes
 * EMS's own field, EMS's value is sent again.
 */
export type FieldOwner = 'ems' | 'remote' | 'both';
