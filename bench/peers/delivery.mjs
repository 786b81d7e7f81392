// What every contender does for a person: read the row, make the call, record the result.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** @param {import('./job.mjs').Job} job */
export function createDelivery(job) {
  const pool = new pg.Pool({ connectionString: job.databaseUrl, max: job.inFlight + 2 });
  const call = caller(job);

  /** @param {readonly string[]} keys */
  const read = async (keys) =>
    (
      await pool.query(
        `SELECT e.id::text AS key, e.modified_on::text AS "modifiedOn", e.first_name AS "firstName", e.last_name AS "lastName", e.email
         FROM person e WHERE e.id = ANY ($1::bigint[])`,
        [keys],
      )
    ).rows;

  /** @param {readonly { key: string, modifiedOn: string }[]} rows */
  const record = async (rows) =>
    pool.query(
      `INSERT INTO bench_delivered (key, modified_on) SELECT * FROM unnest($1::bigint[], $2::timestamptz[])
       ON CONFLICT (key) DO UPDATE SET modified_on = EXCLUDED.modified_on`,
      [rows.map(({ key }) => key), rows.map(({ modifiedOn }) => modifiedOn)],
    );

  return {
    /** @param {string} key */
    async send(key) {
      if (job.target === 'none') return [];
      const rows = await read([key]);
      for (const row of rows) await call(row);
      return rows;
    },
    record,
    /** @param {string} key */
    async deliver(key) {
      if (job.target === 'none') return;
      await record(await this.send(key));
    },
    /** @param {readonly string[]} keys */
    async deliverTogether(keys) {
      const rows = await read(keys);
      await callBulk(job, rows);
      await record(rows);
    },
  };
}

/** @param {import('./job.mjs').Job} job @returns {(row: any) => Promise<void>} */
function caller({ target, url, token, list }) {
  if (target === 'tagserver')
    return (row) =>
      request(`${url}/v1/persons/${row.key}`, {
        method: 'PUT',
        authorization: `Bearer ${token}`,
        body: {
          givenName: row.firstName,
          familyName: row.lastName,
          birthDate: null,
          gender: null,
          nationality: null,
          club: null,
        },
      });
  return (row) =>
    request(`${url}/3.0/lists/${list}/members/${subscriberHash(row)}?skip_merge_validation=true`, {
      method: 'PUT',
      authorization: basic(token),
      body: memberOf(row),
    });
}

/** @param {import('./job.mjs').Job} job @param {readonly any[]} rows */
const callBulk = ({ url, token, list }, rows) =>
  request(`${url}/3.0/lists/${list}?skip_merge_validation=true`, {
    method: 'POST',
    authorization: basic(token),
    body: { members: rows.map(memberOf), update_existing: true, sync_tags: false },
  });

/** @param {any} row */
const memberOf = ({ key, firstName, lastName, email }) => ({
  email_address: email,
  merge_fields: { FNAME: firstName, LNAME: lastName, EMSID: key },
  status_if_new: 'subscribed',
});

/** @param {any} row */
const subscriberHash = ({ email }) => createHash('md5').update(email.toLowerCase()).digest('hex');

/** @param {string} key */
const basic = (key) => `Basic ${Buffer.from(`bench:${key}`).toString('base64')}`;

/** A refusal because of too many connections is tried again, as by every sensible client. */
async function request(/** @type {string} */ address, { method, authorization, body }) {
  for (;;) {
    const response = await fetch(address, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.ok) return;
    if (response.status !== 429) throw new Error(`${method} answered ${response.status}: ${text.slice(0, 500)}`);
    await sleep(50);
  }
}
