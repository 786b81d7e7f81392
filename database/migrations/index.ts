import type { MigrationSet } from '../orm.ts';
import { EmsTables } from './ems-0001-tables.ts';
import { EmsAddresses } from './ems-0002-addresses.ts';
import { EmsModifiedOn } from './ems-0003-modified-on.ts';
import { SyncRecords } from './sync-0001-records.ts';
import { SyncInbound } from './sync-0002-inbound.ts';
import { SyncBothWays } from './sync-0003-both-ways.ts';
import { SyncConsent } from './sync-0004-consent.ts';
import { SyncIdempotency } from './sync-0005-idempotency.ts';
import { SyncMoving } from './sync-0006-moving.ts';
import { SyncStates } from './sync-0007-states.ts';
import { SyncWithoutForeignKeys } from './sync-0008-without-foreign-keys.ts';
import { SyncIdentity } from './sync-0009-identity.ts';
import { SyncUniqueValues } from './sync-0010-unique-values.ts';
import { SyncProgramVersion } from './sync-0011-program-version.ts';
import { SyncConsentScope } from './sync-0012-consent-scope.ts';
import { SyncProposals } from './sync-0013-proposals.ts';
import { SyncInstallation } from './sync-0014-installation.ts';
import { SyncTargetAccounts } from './sync-0015-target-accounts.ts';
import { SyncKeptErasures } from './sync-0017-kept-erasures.ts';
import { SyncWebhooks } from './sync-0018-webhooks.ts';
import { SyncDetection } from './sync-0019-detection.ts';
import { SyncBrake } from './sync-0020-brake.ts';
import { SyncPages } from './sync-0023-pages.ts';
import { SyncOutbox } from './sync-0024-outbox.ts';
import { SyncFailureCodes } from './sync-0026-failure-codes.ts';
import { SyncJournal } from './sync-0027-journal.ts';
import { SyncPauses } from './sync-0028-pauses.ts';
import { SyncNumbers } from './sync-0029-numbers.ts';
import { SyncPageAttempts } from './sync-0030-page-attempts.ts';
import { SyncSteadyPlans } from './sync-0031-steady-plans.ts';
import { SyncConfirmedReads } from './sync-0035-confirmed-reads.ts';
import { SyncParkedListings } from './sync-0036-parked-listings.ts';

/** EMS's own tables: run only where there is no EMS (`migrate --with-ems`). */
export const EMS_MIGRATIONS: MigrationSet = {
  tableName: 'sync_migration_ems',
  migrations: [
    { name: 'ems-0001-tables', class: EmsTables },
    { name: 'ems-0002-addresses', class: EmsAddresses },
    { name: 'ems-0003-modified-on', class: EmsModifiedOn },
  ],
};

/** Our tables. They refer to EMS's by key alone; the migrations before the eighth need those to exist. */
export const SYNC_MIGRATIONS: MigrationSet = {
  tableName: 'sync_migration',
  migrations: [
    { name: 'sync-0001-records', class: SyncRecords },
    { name: 'sync-0002-inbound', class: SyncInbound },
    { name: 'sync-0003-both-ways', class: SyncBothWays },
    { name: 'sync-0004-consent', class: SyncConsent },
    { name: 'sync-0005-idempotency', class: SyncIdempotency },
    { name: 'sync-0006-moving', class: SyncMoving },
    { name: 'sync-0007-states', class: SyncStates },
    { name: 'sync-0008-without-foreign-keys', class: SyncWithoutForeignKeys },
    { name: 'sync-0009-identity', class: SyncIdentity },
    { name: 'sync-0010-unique-values', class: SyncUniqueValues },
    { name: 'sync-0011-program-version', class: SyncProgramVersion },
    { name: 'sync-0012-consent-scope', class: SyncConsentScope },
    { name: 'sync-0013-proposals', class: SyncProposals },
    { name: 'sync-0014-installation', class: SyncInstallation },
    { name: 'sync-0015-target-accounts', class: SyncTargetAccounts },
    { name: 'sync-0017-kept-erasures', class: SyncKeptErasures },
    { name: 'sync-0018-webhooks', class: SyncWebhooks },
    { name: 'sync-0019-detection', class: SyncDetection },
    { name: 'sync-0020-brake', class: SyncBrake },
    { name: 'sync-0023-pages', class: SyncPages },
    { name: 'sync-0024-outbox', class: SyncOutbox },
    { name: 'sync-0026-failure-codes', class: SyncFailureCodes },
    { name: 'sync-0027-journal', class: SyncJournal },
    { name: 'sync-0028-pauses', class: SyncPauses },
    { name: 'sync-0029-numbers', class: SyncNumbers },
    { name: 'sync-0030-page-attempts', class: SyncPageAttempts },
    { name: 'sync-0031-steady-plans', class: SyncSteadyPlans },
    { name: 'sync-0035-confirmed-reads', class: SyncConfirmedReads },
    { name: 'sync-0036-parked-listings', class: SyncParkedListings },
  ],
};
