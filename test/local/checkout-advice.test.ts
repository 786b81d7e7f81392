import { expect, test } from '@jest/globals';
import { checkoutAdvice } from '../../local/checkout-advice.mjs';
import { projectFolder } from '../../local/folders.ts';

const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code, path });

test.each(['EACCES', 'EPERM', 'EROFS'])('%s inside the checkout is told with its path and what to do', (code) => {
  const advice = checkoutAdvice(failure(code, `${projectFolder}/.local/demo`));
  expect(advice).toContain(`Cannot write to ${projectFolder}/.local/demo (${code})`);
  expect(advice).toMatch(/belongs to another user.*\nWhat to do: .*git clone/);
});

test('other errors, and files elsewhere, are told as they are', () => {
  expect(checkoutAdvice(failure('ENOENT', `${projectFolder}/.local`))).toBeUndefined();
  expect(checkoutAdvice(failure('EACCES', '/etc/shadow'))).toBeUndefined();
  expect(checkoutAdvice(new Error('something else'))).toBeUndefined();
  expect(checkoutAdvice(undefined)).toBeUndefined();
});
