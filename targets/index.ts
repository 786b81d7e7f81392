import { chatwoot } from './chatwoot/process.ts';
import { mailchimp } from './mailchimp/process.ts';
import { mautic } from './mautic/process.ts';
import { runSignup } from './runsignup/process.ts';
import type { Target } from './sync-process.ts';
import { tagServer } from './tagserver/process.ts';

/** All targets of this release. A new one needs a folder and a line here. */
export const TARGETS: readonly Target[] = [tagServer, mautic, mailchimp, runSignup, chatwoot];
