import { deriveKey, type KeyPurpose } from '../../sync/derived-keys.ts';

const PURPOSES: readonly KeyPurpose[] = [
  'name',
  'base',
  'content',
  'address',
  'identity',
  'unique',
  'seal',
  'chatwoot-identifier',
];
const key = (byte: number) => new Uint8Array(32).fill(byte);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('each purpose and each key has a key of its own', () => {
  const all = [key(1), key(2)].flatMap((one) => [hex(one), ...PURPOSES.map((purpose) => hex(deriveKey(one, purpose)))]);
  expect(new Set(all).size).toBe(2 * (PURPOSES.length + 1));
});

// Changed keys would make all stored hashes unknown, and sealed values unreadable.
test('the keys of this release are those of the one before', () => {
  expect(hex(deriveKey(key(1), 'content'))).toBe('2ae255b62f72d20af47a4dabb04cdb2da4bc1fc4f901b532bb68495af1cc45c0');
  expect(hex(deriveKey(key(1), 'address'))).toBe('a90772987325f9a197a36e0ec10458e88cf5705ad41c2b337bf07da958fa5e46');
});

test('equal bytes give equal keys, whichever copy they come from', () => {
  expect(hex(deriveKey(key(3), 'seal'))).toBe(hex(deriveKey(key(3), 'seal')));
});
