import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import type { NamedToken } from '../../settings/named-tokens.ts';
import { auditDetails } from './audit.ts';
import { presentedToken } from './on-demand/bearer.ts';
import { sendProblem } from './problem.ts';
import { requireToken, type TokenCheck } from './require-token.ts';

/** Decodes payloads for Temporal's Web UI. */
export interface CodecEndpoint {
  readonly codec: PayloadCodec;
  /** All of them are valid. */
  readonly tokens: readonly NamedToken[];
  /** The Web UI's. Browsers send no other page's requests. */
  readonly origin: string;
}

const PAYLOADS_AT_MOST = 1_000;

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));

const payloadsIn = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.optional() }))
    .max(PAYLOADS_AT_MOST),
});

/**
 * `POST /codec/decode` with a bearer token, or `POST /codec/TOKEN/decode` for a Web UI that has no login and therefore
 * no token to pass: its setting is then `https://…/codec/TOKEN`. There is no `/codec/encode`: nobody starts runs there.
 *
 * @param before called before the token is looked at.
 */
export function addCodecEndpoint(
  app: FastifyInstance,
  { codec, tokens, origin }: CodecEndpoint,
  { before, ...check }: Omit<TokenCheck, 'tokens' | 'tokenIn'> & { readonly before: (app: FastifyInstance) => void },
): void {
  const cors = {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, content-type, x-namespace',
    'access-control-max-age': '600',
    vary: 'origin',
  };
  const paths = ['/codec/decode', '/codec/:token/decode'];
  for (const path of paths) app.options(path, async (_request, reply) => reply.headers(cors).code(204).send());
  void app.register(async (decoder) => {
    decoder.addHook('onRequest', async (_request, reply) => void reply.headers(cors));
    before(decoder);
    requireToken(decoder, { tokens, ...check, tokenIn });
    for (const path of paths) {
      decoder.post(path, async (call, reply) => {
        const given = payloadsIn.safeParse(parsed(call.body));
        if (!given.success) return sendProblem(reply, 400);
        auditDetails(call, { payloads: given.data.payloads.length });
        try {
          const decoded = await codec.decode(given.data.payloads);
          return { payloads: decoded.map(({ metadata, data }) => ({ metadata: written(metadata), data: text(data) })) };
        } catch {
          // A key that is gone, or bytes that were changed.
          return sendProblem(reply, 422);
        }
      });
    }
  });
}

function tokenIn({ headers, params }: FastifyRequest): string | null {
  const { token } = params as { readonly token?: string };
  return token ?? presentedToken(headers.authorization);
}

function parsed(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  } catch {
    return null;
  }
}

const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');

const written = (metadata: Readonly<Record<string, Uint8Array>> | null | undefined) =>
  Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, text(bytes)]));
