/** The role of releases before the roles of single programs. Logins that have it keep working: it may do what workers may. */
export const SYNC_ROLE = 'ems_sync';

export type Program = 'worker' | 'gateway' | 'listener' | 'readonly';

/** Group roles without a login. The login of each program is a member of one of them, and has no other rights. */
export const PROGRAM_ROLES: Readonly<Record<Program, string>> = {
  worker: 'ems_sync_worker',
  gateway: 'ems_sync_gateway',
  listener: 'ems_sync_listener',
  readonly: 'ems_sync_readonly',
};

export const ROLES: readonly string[] = [SYNC_ROLE, ...Object.values(PROGRAM_ROLES)];

/** The program whose privileges a role has. */
export function programOf(role: string): Program {
  const found = Object.entries(PROGRAM_ROLES).find(([, name]) => name === role);
  return (found?.[0] ?? 'worker') as Program;
}
