import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { Suppression } from '../../sync/suppression.ts';
import type { PairConsent, RemoveRequest, SendRequest, SendResult } from '../../targets/remote-system.ts';

/** Facts about a person that no record contains. */
export interface Known {
  readonly suppressions?: readonly Suppression[];
  /** Addresses that other persons of EMS share. */
  readonly shared?: readonly string[];
  readonly remoteId?: string | null;
}

/** The engine's records of a target: the owner of each contact, and what was stored for it. */
export class Records {
  readonly #remoteIds = new Map<string, string>();
  readonly #stored = new Map<string, Content>();
  readonly #moving = new Map<string, string>();
  readonly #begun = new Set<string>();

  clear(): void {
    this.#begun.clear();
    this.#remoteIds.clear();
    this.#moving.clear();
    this.#stored.clear();
  }

  /** @returns the same result. */
  note(key: string, result: SendResult): SendResult {
    if (result.kind === 'sent') {
      this.#remoteIds.set(key, result.remoteId);
      this.#stored.set(key, result.stored ?? {});
      this.#moving.delete(key);
    }
    if ((result.kind === 'released' || result.kind === 'withheld') && result.remoteId === null)
      this.#remoteIds.delete(key);
    return result;
  }

  /** Forgets a record that was lost, or never written because the answer to a create did not arrive. */
  forget(key: string): void {
    this.#begun.add(key);
    this.#remoteIds.delete(key);
    this.#stored.delete(key);
  }

  request(key: string, content: Content, { suppressions, shared, ...more }: Partial<SendRequest> & Known): SendRequest {
    return {
      ...this.about(key, { ...(suppressions && { suppressions }), ...(shared && { shared }) }),
      content,
      references: new Map(),
      release: false,
      begun: this.#begun.has(key),
      ...more,
    };
  }

  about(key: string, { suppressions = [], shared = [], remoteId }: Known) {
    return {
      type: 'Person',
      key,
      remoteId: remoteId === undefined ? (this.#remoteIds.get(key) ?? null) : remoteId,
      fencingToken: 1n,
      consent: this.#consentOf(key, suppressions, shared),
    } satisfies RemoveRequest;
  }

  #consentOf(key: string, suppressions: readonly Suppression[], shared: readonly string[]): PairConsent {
    const others = () => [...this.#remoteIds].filter(([holder]) => holder !== key);
    return {
      suppressions,
      holderOf: async (remoteId) => others().find(([, held]) => held === remoteId)?.[0] ?? null,
      remoteIdOf: async (other) => this.#remoteIds.get(other) ?? null,
      holderOfAddress: async () => null,
      isAnothers: async (email) => shared.includes(email),
      wasStored: (field, value) => {
        const stored = this.#stored.get(key);
        if (stored === undefined || !Object.hasOwn(stored, field)) return false;
        return JSON.stringify(canonicalForm(stored[field])) === JSON.stringify(canonicalForm(value));
      },
      willHold: async (remoteId) => {
        this.#remoteIds.set(key, remoteId);
        this.#moving.delete(key);
      },
      rekeyingTo: async () => this.#moving.get(key) ?? null,
      willRekeyTo: async (remoteId) => void this.#moving.set(key, remoteId),
      willStore: async (field, value) => {
        if (this.#remoteIds.has(key)) this.#stored.set(key, { ...this.#stored.get(key), [field]: value });
      },
    };
  }
}
