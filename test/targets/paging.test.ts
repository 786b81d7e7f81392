import { describe, expect, test } from '@jest/globals';
import { Paging } from '../../targets/paging.ts';

const paging = (mostPages: number) => new Paging({ target: 'TagServer', what: 'GET tags', mostPages });

describe('pages of a list', () => {
  test('go on as long as each is another one', () => {
    const pages = paging(3);
    for (const cursor of ['', 'a', 'b']) expect(() => pages.note(cursor)).not.toThrow();
  });

  test.each([[['a', 'a']], [['', 'a', 'b', 'a']]])('%j is a circle, and against the contract', (cursors) => {
    const pages = paging(100);
    expect(() => {
      for (const cursor of cursors) pages.note(cursor);
    }).toThrow(
      expect.objectContaining({
        errorClass: 'contract',
        code: 'paging',
        message: "TagServer's pages of GET tags do not advance",
      }),
    );
  });

  test('that never end are against the contract', () => {
    const pages = paging(10);
    expect(() => {
      for (let page = 0; ; page += 1) pages.note(String(page));
    }).toThrow(
      expect.objectContaining({ errorClass: 'contract', message: expect.stringContaining('do not end after 10') }),
    );
  });

  test('that are too long together are against the contract', () => {
    const pages = paging(1_000);
    expect(() => {
      for (let page = 0; ; page += 1) pages.note(`${page} ${'x'.repeat(2 ** 20)}`);
    }).toThrow(expect.objectContaining({ code: 'paging', message: expect.stringContaining('characters') }));
  });
});
