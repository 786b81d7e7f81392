import { readFileSync } from 'node:fs';
import type { CommonSettings } from './schema.ts';
import { SettingsError } from './settings-error.ts';

export interface TemporalConnectionOptions {
  readonly address: string;
  readonly apiKey?: string;
  readonly tls?: {
    readonly serverRootCACertificate?: Buffer;
    readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
  };
}

/**
 * Connection options of Temporal for clients and workers: plain for a local server, with an API key or a client
 * certificate for Temporal Cloud.
 *
 * @throws SettingsError if a certificate cannot be read, or only one half of the pair is set.
 */
export function temporalConnection(settings: CommonSettings): TemporalConnectionOptions {
  const { TEMPORAL_TLS_CERT_FILE: cert, TEMPORAL_TLS_KEY_FILE: key, TEMPORAL_TLS_CA_FILE: ca } = settings;
  if ((cert === undefined) !== (key === undefined)) {
    throw new SettingsError(['TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE belong together: set both, or none']);
  }
  const usesTls = settings.TEMPORAL_API_KEY !== undefined || cert !== undefined || ca !== undefined;
  return {
    address: settings.TEMPORAL_ADDRESS,
    ...(settings.TEMPORAL_API_KEY === undefined ? {} : { apiKey: settings.TEMPORAL_API_KEY }),
    ...(usesTls
      ? {
          tls: {
            ...(ca === undefined ? {} : { serverRootCACertificate: readPem('TEMPORAL_TLS_CA_FILE', ca) }),
            ...(cert === undefined || key === undefined
              ? {}
              : {
                  clientCertPair: {
                    crt: readPem('TEMPORAL_TLS_CERT_FILE', cert),
                    key: readPem('TEMPORAL_TLS_KEY_FILE', key),
                  },
                }),
          },
        }
      : {}),
  };
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new SettingsError([`${name}: cannot read ${path}`]);
  }
}
