/*
 * Where what is managed while the gateway runs is kept, and where it is managed, in the configuration file. All of it holds
 * from the next start on.
 */
import { z } from 'zod';
import { databaseUrl, line, port } from './fields.ts';

export const storageSection = z
  .strictObject({
    url: databaseUrl()
      .optional()
      .describe(
        'A Postgres database, `postgres://user:password@host/name`, best as a variable of the environment. Default: SQLite, in the file `gatewright.db` of the data folder.',
      ),
  })
  .describe('Where users, keys, servers, policies and the rest are kept that are managed over the API.');

export const secretsSection = z
  .strictObject({
    keyFile: line()
      .optional()
      .describe(
        'The key that secrets in the store are encrypted with; made when it is not there. Nobody but its owner may read it. Relative to the folder of this file. Default: `encryption.key` in the data folder. Keys of the variable GATEWRIGHT_ENCRYPTION_KEY go before those of the file.',
      ),
  })
  .describe('How secrets in the store are kept.');

export const adminSection = z
  .strictObject({
    enabled: z.boolean().optional().describe('`false` serves no admin API. Default `true`.'),
    listen: z
      .strictObject({
        host: line(255).optional().describe('Address to listen on. Default `127.0.0.1`.'),
        port: port().optional().describe('Port to listen on; 0 takes a free one. Default 9001.'),
        tls: z
          .strictObject({
            certFile: line().describe('Certificate and those between it and its root, PEM.'),
            keyFile: line().describe('Its private key, PEM.'),
          })
          .optional()
          .describe('Serves https. Relative to the folder of this file.'),
      })
      .optional()
      .describe(
        'A listener of its own. Default: that of the gateway while it can be reached from this machine only, otherwise 127.0.0.1:9001.',
      ),
  })
  .describe('The admin API, /api/v1 and /docs. It always asks for a login.');
