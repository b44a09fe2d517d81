import { checkFile, readConfigFile } from '../config/check-file.ts';
import { environmentFinding, readEnvironment } from '../config/environment.ts';
import { configInvalid } from '../config/findings.ts';
import { configFile } from '../config/load.ts';

/**
 * Where the running application is asked: HTTP_URL, else the address at which it listens. Only when neither HTTP_URL nor
 * HTTP_LISTEN is set the configuration file is read.
 * @throws AppError CONFIG_INVALID
 */
export function applicationUrl(env: NodeJS.ProcessEnv, file: string | undefined): string {
  const url = env['HTTP_URL'];
  if (url) {
    if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
    throw configInvalid([environmentFinding('HTTP_URL', 'expected an address such as http://127.0.0.1:8080')]);
  }
  const { values, findings } = readEnvironment({ HTTP_LISTEN: env['HTTP_LISTEN'] });
  if (findings.length > 0) throw configInvalid(findings);
  return urlOf(values.HTTP_LISTEN ?? listenOfFile(configFile({ file, env })));
}

function listenOfFile(file: string): { host: string; port: number } {
  const { value, findings } = checkFile(readConfigFile(file), file);
  if (value === null) throw configInvalid(findings);
  return value.http.listen;
}

/** Who listens at all addresses is reached at loopback's. */
function urlOf({ host, port }: { host: string; port: number }): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
