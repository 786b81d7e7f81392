import { SYNC_ROLE } from '../../database/roles/role-names.ts';
import { installAllRoles } from './install-all-roles.ts';
import { loginWith, type LimitedLogin } from './login-with.ts';

/** @param databaseUrl a superuser's URL of a migrated database. @param role the only one that the login has. */
export async function limitedLogin(databaseUrl: string, role: string = SYNC_ROLE): Promise<LimitedLogin> {
  await installAllRoles(databaseUrl);
  return loginWith(databaseUrl, role);
}
