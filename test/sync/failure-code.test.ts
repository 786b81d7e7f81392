import { expect, test } from '@jest/globals';
import { failureCode } from '../../sync/failure-code.ts';

test.each([
  ['TAGSERVER', 'rejected', '409-duplicate-bib', 'TAGSERVER-409-DUPLICATE-BIB'],
  ['MAUTIC', 'rejected', 'http-400', 'MAUTIC-400'],
  ['RUNSIGNUP', 'rejected', 'runsignup-115', 'RUNSIGNUP-ERROR-115'],
  ['CHATWOOT', 'target-down', 'ECONNREFUSED', 'CHATWOOT-UNREACHABLE'],
  ['CHATWOOT', 'transient', 'ECONNRESET', 'CHATWOOT-CONNECTION-LOST'],
  ['CHATWOOT', 'transient', 'ETIMEDOUT', 'CHATWOOT-TIMEOUT'],
  ['CHATWOOT', 'target-down', 'CERT_HAS_EXPIRED', 'CHATWOOT-CERTIFICATE'],
  ['CHATWOOT', 'target-down', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CHATWOOT-CERTIFICATE'],
  ['CHATWOOT', 'target-down', 'EPROTO', 'CHATWOOT-TLS'],
  ['MAILCHIMP', 'transient', '40001', 'MAILCHIMP-DATABASE-UNAVAILABLE'],
  ['MAILCHIMP', 'transient', '42703', 'MAILCHIMP-DATABASE-SHAPE'],
  ['MAILCHIMP', 'bug', '23505', 'MAILCHIMP-DATABASE-REFUSED'],
  ['MAILCHIMP', 'bug', '42501', 'MAILCHIMP-DATABASE-PERMISSION'],
  ['MAILCHIMP', 'bug', 'unexpected', 'MAILCHIMP-UNEXPECTED'],
  ['MAILCHIMP', 'contract', undefined, 'MAILCHIMP-CONTRACT'],
] as const)('%s, %s, %s is %s', (process, errorClass, reason, code) => {
  expect(failureCode(process, errorClass, reason)).toBe(code);
});

test('a text that is no reason never becomes part of a code', () => {
  for (const text of ['', 'Jane Doe', 'jane@example.org', 'x'.repeat(200), 'Person/4711', 'a\nb']) {
    expect(failureCode('TAGSERVER', 'transient', text)).toBe('TAGSERVER-TRANSIENT');
  }
});
