import { canonicalText } from './canonical-form.ts';
import { keyedHashes, type KeyedHash, type SecretKey } from './keyed-hash.ts';
import { CHANNELS, type Channel } from './suppression.ts';

/** The base field for the address that the target last received, hashed as in the suppression list. */
export const ADDRESS_FIELD = 'address:email';

/** A person's addresses, in the form in which targets get them. */
export type Addresses = Readonly<Partial<Record<Channel, string | null>>> & {
  /** The phone number in the notation of its source. Earlier releases hashed that, so it is looked up as well. */
  readonly written?: string | null;
};

/** An e-mail address in lower case, or a number without grouping characters; null if there is none. */
export function normalisedAddress(channel: Channel, address: string | null | undefined): string | null {
  const text = canonicalText(address);
  if (text === null) return null;
  return channel === 'email' ? text.toLowerCase() : text.replaceAll(/[\s().\-/]/g, '');
}

/**
 * Keyed hashes of one normalised address under every key, newest first, and those that `rekey` makes of them; the
 * suppression list stores only these. Empty if there is no address or no key.
 */
export function addressHashes(
  channel: Channel,
  address: string | null | undefined,
  keys: readonly SecretKey[],
  { undivided = true }: { readonly undivided?: boolean } = {},
): readonly KeyedHash[] {
  const normalised = normalisedAddress(channel, address);
  return normalised === null ? [] : keyedHashes(`address:${channel}`, normalised, keys, { undivided });
}

/** Every hash under which one of these addresses may stand in the suppression list. */
export function hashesOf(addresses: Addresses, keys: readonly SecretKey[]): readonly KeyedHash[] {
  const { sms, written } = addresses;
  const former = normalisedAddress('sms', written) === normalisedAddress('sms', sms) ? null : written;
  return [
    ...CHANNELS.flatMap((channel) => addressHashes(channel, addresses[channel], keys)),
    ...addressHashes('sms', former, keys),
  ];
}
