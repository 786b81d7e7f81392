import type { CommonSettings } from './schema.ts';

/** The settings that decisions about rows depend on: the same for workers and for dry runs. */
export function engineSettings(common: CommonSettings) {
  return {
    settleMs: common.SETTLE_MS,
    pageThreshold: common.SYNC_PAGE_THRESHOLD,
    comparison: {
      fullEveryMs: common.SYNC_FULL_EVERY * 60_000,
      fullShare: common.SYNC_FULL_SHARE,
      stampMarginMs: common.SYNC_STAMP_MARGIN * 1_000,
    },
    keys: common.SYNC_KEY ?? [],
    conflictScope: common.CONFLICT_SCOPE,
    consentPolicy: common.CONSENT_POLICY,
    consentScope: common.CONSENT_SCOPE,
    missingLimit: { count: common.SYNC_MISSING_LIMIT, share: common.SYNC_MISSING_SHARE },
    retentionDays: common.RETENTION_DAYS,
    journalDays: common.JOURNAL_DAYS,
    brakeLimits: {
      delete: { count: common.SYNC_DELETE_LIMIT, share: common.SYNC_DELETE_SHARE },
      update: { count: common.SYNC_UPDATE_LIMIT, share: common.SYNC_UPDATE_SHARE },
    },
  };
}
