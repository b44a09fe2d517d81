// A certificate authority and a server certificate of the stack's own, so that clients can check what they talk to.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOOPBACK } from './ports.ts';
import { run } from './processes.ts';

const CURE = 'install the package openssl (install/packages.sh stack)';
const VALID_DAYS = '825';

/** Makes ca.crt, server.crt and server.key in a folder, unless they are there: for the domain, its pubsub service and loopback. */
export const makeCertificates = async (folder: string, domain: string): Promise<void> => {
  if (existsSync(join(folder, 'server.crt'))) return;
  mkdirSync(folder, { recursive: true });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const openssl = (...args: string[]) => run('openssl', args, { cure: CURE, cwd: folder });
  await openssl(
    ...['req', '-x509', ...key, '-days', VALID_DAYS, '-subj', '/CN=queueapp private stack'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ...['-keyout', 'ca.key', '-out', 'ca.crt'],
  );
  await openssl('req', ...key, '-subj', `/CN=${domain}`, '-keyout', 'server.key', '-out', 'server.csr');
  const names = ['DNS:localhost', `DNS:${domain}`, `DNS:pubsub.${domain}`, `IP:${LOOPBACK}`].join(',');
  writeFileSync(
    join(folder, 'server.ext'),
    `basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=${names}\n`,
  );
  await openssl(
    ...['x509', '-req', '-days', VALID_DAYS, '-in', 'server.csr', '-extfile', 'server.ext'],
    ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'server.crt'],
  );
};
