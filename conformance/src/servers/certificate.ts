import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly keyFile: string;
  readonly certificateFile: string;
  /** What a client must trust: the certificate itself, in PEM. */
  readonly ca: string;
}

/** Makes a certificate for loopback that signs itself, valid for two days. Needs openssl. */
export function makeCertificate(folder: string): Certificate {
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-days', '2', '-keyout', keyFile, '-out', certificateFile], {
    stdio: 'pipe',
  });
  return { keyFile, certificateFile, ca: readFileSync(certificateFile, 'utf8') };
}
