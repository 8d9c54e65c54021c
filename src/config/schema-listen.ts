/*
 * Where clients connect, and which ways out there are, in the configuration file.
 */
import { z } from 'zod';
import { line, port } from './fields.ts';
import { addressRange, egressHost } from './fields-auth.ts';

export const listenSection = z
  .strictObject({
    host: line(255)
      .optional()
      .describe('Address to listen on. Any but a loopback address needs `auth`. Default `127.0.0.1`.'),
    port: port().optional().describe('Port to listen on; 0 takes a free one. Default 9000.'),
    tls: z
      .strictObject({
        certFile: line().describe('Certificate and those between it and its root, PEM.'),
        keyFile: line().describe('Its private key, PEM.'),
      })
      .optional()
      .describe('Serves https; both files are read again when they change. Relative to the folder of this file.'),
    trustedProxies: z
      .array(addressRange())
      .max(1_000)
      .optional()
      .describe('Addresses of proxies whose `Forwarded` and `X-Forwarded-*` fields are believed. Default: none.'),
  })
  .describe('Where clients connect. The command line and the environment may override it.');

export const egressSection = z
  .strictObject({
    allow: z
      .array(
        z.strictObject({
          host: egressHost().describe('Host name, `*.name` for all below it, address or address range (CIDR).'),
          ports: z
            .array(z.int().min(1).max(65_535))
            .min(1)
            .max(100)
            .optional()
            .describe('Default 443, and 80 where `http` is set.'),
          http: z.boolean().optional().describe('Without TLS too. Default `false`.'),
        }),
      )
      .max(1_000)
      .optional()
      .describe('Ways out beside public https.'),
  })
  .describe(
    'Where addresses may lead that do not stand in this file, as those in the metadata of an issuer. Default: public https only.',
  );
