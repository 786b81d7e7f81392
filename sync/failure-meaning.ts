/** What an operator should know about a failure. */
export interface FailureMeaning {
  /** What happened, without ids and values. */
  readonly says: string;
  /** What makes it pass. */
  readonly remedy: string;
}

/** By the part of the code that follows the process, for example `409-DUPLICATE-BIB`. */
export type FailureMeanings = Readonly<Record<string, FailureMeaning>>;

const ITSELF = 'None: it is retried by itself.';
const WAIT = 'None: it is retried by itself. If it lasts, ask whoever runs the target.';
const IN_EMS = 'Correct the column in EMS that the error names; the next sweep takes the row again.';
const DECIDE =
  'Decide which row it is: `npx ems-sync link PROCESS TYPE ID REMOTE_ID`, or `npx ems-sync unlink PROCESS TYPE ID`.';
const REPORT = 'Report it with the error of `npx ems-sync why TYPE ID`; then `npx ems-sync retry --code CODE`.';

/** Failures that any process can have. */
export const COMMON_MEANINGS: FailureMeanings = {
  'FIELD-MISSING': { says: 'A column that the target needs is empty in EMS.', remedy: IN_EMS },
  'FIELD-TOO-LONG': { says: 'A value in EMS is longer than the target takes.', remedy: IN_EMS },
  'FIELD-INVALID': { says: 'A value in EMS is not one that the target takes.', remedy: IN_EMS },
  'PARENT-PARKED': {
    says: 'The row that it belongs to is parked.',
    remedy: 'Mend that row: `npx ems-sync why TYPE ID` names it.',
  },
  'VALUE-TAKEN': {
    says: 'A value that is unique at the target belongs to another record there.',
    remedy: 'Change one of the two in EMS, or at the target if EMS does not know the other.',
  },
  REISSUED: {
    says: 'EMS has given the id of a deleted row to another row.',
    remedy: 'Decide: `npx ems-sync adopt TYPE ID`, or `npx ems-sync start-anew TYPE ID`.',
  },
  'SECOND-RECORD': {
    says: 'Two records of the target belong to one row of EMS.',
    remedy: 'Merge the two at the target, or decide with `npx ems-sync link`.',
  },
  'SEVERAL-ROWS': { says: 'A record of the target matches several rows of EMS.', remedy: DECIDE },
  'UNPROVEN-MATCH': { says: 'A record of the target looks like a row of EMS, without proof.', remedy: DECIDE },
  'FOREIGN-ID': { says: 'A record of the target carries the EMS id of another row.', remedy: DECIDE },
  'CHANGED-HANDS': { says: 'The record of the target now carries the EMS id of another row, or none.', remedy: DECIDE },
  'UNKNOWN-REFERENCE': {
    says: 'A record of the target refers to one that EMS does not know yet.',
    remedy: 'None: it is retried after that one.',
  },
  'ROW-DELETED': { says: 'A record of the target belongs to a row that EMS has deleted.', remedy: DECIDE },
  'PING-PONG': {
    says: 'The target comes back to the same state again and again.',
    remedy: 'Stop what writes there (an automation, another integration); then `npx ems-sync retry PROCESS TYPE ID`.',
  },
  MALFORMED: {
    says: 'A record of the target breaks its contract.',
    remedy: 'Correct the field that the error names at the target; the next poll takes it again.',
  },
  CONTRACT: {
    says: 'An answer of the target breaks its contract.',
    remedy: 'The target was changed, or something answers in its place. Retried every hour and by each new version.',
  },
  'UNREADABLE-ANSWERS': {
    says: 'The target has sent many answers that are too long to be read, and is not called for a minute.',
    remedy: 'Find out what answers in its place, or why its answers are so long. Retried by itself.',
  },
  'ANSWER-RATE': {
    says: 'The target answers more than a worker reads of one target.',
    remedy: 'Find out why its answers are so long. Retried by itself.',
  },
  'CONTENT-ENCODING': {
    says: 'An answer is compressed in a way that was not asked for.',
    remedy: 'Have the target, or the proxy before it, answer with gzip or uncompressed.',
  },
  'TOO-LONG': { says: 'An answer of the target is too long.', remedy: REPORT },
  PAGING: { says: 'A list of the target has no end.', remedy: REPORT },
  'NOT-JSON': {
    says: 'Another server answers in place of the target.',
    remedy: 'Check the address of the target, and proxies and sign-in pages before it.',
  },
  UNREACHABLE: {
    says: 'The target cannot be reached.',
    remedy: 'Check that it runs, its address, and the network. Everything goes on by itself afterwards.',
  },
  TIMEOUT: { says: 'No answer came in time.', remedy: WAIT },
  'CONNECTION-LOST': { says: 'The connection was closed before the answer.', remedy: WAIT },
  CERTIFICATE: {
    says: 'The certificate of the target is not trusted.',
    remedy: 'Renew it, or make its authority known with NODE_EXTRA_CA_CERTS.',
  },
  TLS: { says: 'The target cannot be reached by TLS.', remedy: 'Check scheme and port of its address.' },
  'NOT-HTTP': { says: 'The target does not answer in HTTP.', remedy: 'Check scheme and port of its address.' },
  'INVALID-REQUEST': { says: 'A request could not be built.', remedy: 'Check the address of the target.' },
  'OTHER-ACCOUNT': {
    says: 'The settings name another account than the records are about.',
    remedy: 'Decide: `npx ems-sync retarget PROCESS --keep`, or `npx ems-sync retarget PROCESS --anew`.',
  },
  'CALL-RATE': { says: 'The target would be called more often than agreed.', remedy: ITSELF },
  CHANGED: { says: 'The record changed at the target while it was being sent.', remedy: ITSELF },
  UNSETTLED: { says: 'The records around it keep changing at the target.', remedy: WAIT },
  GONE: {
    says: 'The record that the row is linked to does not exist at the target.',
    remedy: 'Unlink the row, or link another record: `npx ems-sync unlink`, `npx ems-sync link`.',
  },
  'EMS-BUSY': { says: 'EMS keeps changing the row while it is written.', remedy: ITSELF },
  'ADDRESS-BUSY': { says: 'Another write for the same address is in progress.', remedy: ITSELF },
  'PAGE-BUSY': { says: 'The row is part of a page that is being delivered.', remedy: ITSELF },
  'PAGE-LOST': { says: 'Another attempt has taken over the page.', remedy: ITSELF },
  'HAS-DEPENDENTS': { says: 'Rows that refer to it are still at the target.', remedy: ITSELF },
  INCOMPLETE: {
    says: 'The target lacks something that we need there.',
    remedy: '`npx ems-sync check --fix`; the error names what is missing.',
  },
  'NOT-STORED': { says: 'The target took the change and did not store it.', remedy: REPORT },
  'CHANGED-VALUE': { says: 'The target stores another value than was sent.', remedy: REPORT },
  'COMMAND-REFUSED': {
    says: "An operator's command does not fit the pair.",
    remedy: 'See `npx ems-sync why TYPE ID`.',
  },
  'DATABASE-UNAVAILABLE': { says: 'The database is unavailable or busy.', remedy: ITSELF },
  'DATABASE-SHAPE': {
    says: 'EMS lacks a table or column that we read.',
    remedy: '`npx ems-sync check` names everything that is missing.',
  },
  'DATABASE-PERMISSION': {
    says: 'The login of the database may not do that.',
    remedy: '`npx ems-sync migrate --with-roles`',
  },
  'DATABASE-REFUSED': { says: 'The database refused a statement.', remedy: REPORT },
  400: { says: 'The target rejects what was sent.', remedy: IN_EMS },
  401: { says: 'The target does not accept our credentials.', remedy: 'Check key, token or password of the target.' },
  403: { says: 'The target does not allow the call.', remedy: 'Check the rights of the key, token or user there.' },
  404: { says: 'The target does not know the address.', remedy: 'Check the address and account of the target.' },
  408: { says: 'The target took too long.', remedy: WAIT },
  409: { says: 'The target has a conflicting record.', remedy: 'See `npx ems-sync why TYPE ID`.' },
  422: { says: 'The target rejects what was sent.', remedy: IN_EMS },
  429: { says: 'The target asks us to call less often.', remedy: ITSELF },
  503: { says: 'The target is being maintained or overloaded.', remedy: WAIT },
  '3XX': { says: 'The target answers with a redirect.', remedy: 'Set its address to where it redirects.' },
  '4XX': { says: 'The target rejects the call.', remedy: REPORT },
  '5XX': { says: 'The target has an error of its own.', remedy: WAIT },
  TRANSIENT: { says: 'The attempt failed; another may succeed.', remedy: ITSELF },
  'TARGET-DOWN': { says: 'The target is down.', remedy: WAIT },
  REJECTED: { says: 'The target rejects the row.', remedy: IN_EMS },
  UNEXPECTED: { says: 'An error of ems-sync itself.', remedy: REPORT },
};
