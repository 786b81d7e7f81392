import type { CommonSettings } from '../settings/schema.ts';

/** The page of a workflow in Temporal's Web UI: of one run, or of the latest. */
export function webUiLink(
  { TEMPORAL_UI_URL, TEMPORAL_NAMESPACE }: Pick<CommonSettings, 'TEMPORAL_UI_URL' | 'TEMPORAL_NAMESPACE'>,
  workflowId: string,
  runId?: string,
): string {
  const path = ['namespaces', TEMPORAL_NAMESPACE, 'workflows', workflowId, ...(runId === undefined ? [] : [runId])];
  return [
    TEMPORAL_UI_URL.replace(/(?<!\/)\/+$/, ''),
    ...path.map(encodeURIComponent),
    ...(runId === undefined ? [] : ['history']),
  ].join('/');
}

/** The Web UI's list of the runs that a query selects, for example `SyncProcess = "TAGSERVER"`. */
export function webUiList(
  { TEMPORAL_UI_URL, TEMPORAL_NAMESPACE }: Pick<CommonSettings, 'TEMPORAL_UI_URL' | 'TEMPORAL_NAMESPACE'>,
  query: string,
): string {
  const base = TEMPORAL_UI_URL.replace(/(?<!\/)\/+$/, '');
  return `${base}/namespaces/${encodeURIComponent(TEMPORAL_NAMESPACE)}/workflows?query=${encodeURIComponent(query)}`;
}
