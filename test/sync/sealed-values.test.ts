import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import { seal, unseal } from '../../sync/sealed-values.ts';

const [key, older, other] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const OF = '["CHATWOOT","Person","4711","1",["name"]]';
const AS_SEALED = { subject: OF, former: 'CHATWOOT/Person/4711' };

describe('values that lost', () => {
  test('come back as they were, in canonical form', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[!-~]{1,20}$/)), (values) => {
        expect(unseal(seal(values, OF, [key]), AS_SEALED, [key])).toEqual({ ...values });
      }),
    );
  });

  test('cannot be read in the database', () => {
    const sealed = seal({ name: 'Quendolyne Zwieback' }, OF, [key]).toString('latin1');
    expect(sealed).not.toContain('Quendolyne');
    expect(sealed).not.toContain('name');
  });

  test('are sealed differently each time, so that equal values cannot be told', () => {
    const values = { name: 'Ana' };
    expect(seal(values, OF, [key]).equals(seal(values, OF, [key]))).toBe(false);
  });

  test('open with an older key after a rotation, and not without it', () => {
    const sealed = seal({ name: 'Ana' }, OF, [older]);
    expect(unseal(sealed, AS_SEALED, [key, older])).toEqual({ name: 'Ana' });
    expect(() => unseal(sealed, AS_SEALED, [key, other])).toThrow(/SYNC_KEY/);
  });

  test('do not open as another row’s, and not as what was sealed before either, nor after a bit was changed', () => {
    const sealed = seal({ name: 'Ana' }, OF, [key]);
    expect(() => unseal(sealed, { ...AS_SEALED, subject: OF.replace('4711', '4712') }, [key])).toThrow(RangeError);
    expect(() => unseal(sealed, { subject: AS_SEALED.former, former: OF }, [key])).toThrow(RangeError);
    for (const at of [5, 20, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unseal(changed, AS_SEALED, [key])).toThrow(RangeError);
    }
  });

  test('that were sealed before a key was divided by purposes still open, bound to their row', () => {
    const name = createHash('sha256').update('ems-sync key name').update(key).digest().subarray(0, 4);
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from('CHATWOOT/Person/4711'));
    const text = Buffer.concat([cipher.update('{"name":"Ana"}'), cipher.final()]);
    const sealed = Buffer.concat([name, iv, cipher.getAuthTag(), text]);
    expect(unseal(sealed, AS_SEALED, [key])).toEqual({ name: 'Ana' });
    expect(() => unseal(sealed, { ...AS_SEALED, former: 'CHATWOOT/Person/4712' }, [key])).toThrow(RangeError);
  });

  test('are not sealed without a key', () => {
    expect(() => seal({ name: 'Ana' }, OF, [])).toThrow(/SYNC_KEY/);
  });
});
