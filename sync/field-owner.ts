/**
 * Who may change a field: EMS alone, the remote alone (never sent, and it never conflicts), or both. What a remote changes of
 * EMS's own fields is sent again.
 */
export type FieldOwner = 'ems' | 'remote' | 'both';
