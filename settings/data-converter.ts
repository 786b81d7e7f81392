import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec } from './payload-codec.ts';
import type { CommonSettings } from './schema.ts';

/** Encodes the text of failures, so that the codec encrypts it. Workers also have it in their workflow bundle. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL('failure-converter.cjs', import.meta.url));

/**
 * How every program of ours writes to Temporal: encrypted if TEMPORAL_CODEC_KEY is set, else readable JSON. Histories
 * contain no personal data either way.
 */
export function dataConverterOf({ TEMPORAL_CODEC_KEY }: Pick<CommonSettings, 'TEMPORAL_CODEC_KEY'>): DataConverter {
  if (TEMPORAL_CODEC_KEY === undefined) return {};
  return {
    payloadCodecs: [new EncryptionCodec(TEMPORAL_CODEC_KEY)],
    failureConverterPath: FAILURE_CONVERTER_PATH,
  };
}
