// The options about serving a run that train, coordinator and resume share: who may come, over what, and in whose name.

import { InvalidArgumentError, type Command } from 'commander';
import { fieldLimits, printableText } from '../protocol/index.js';

/** How a run is served, as the command line says it; what is not said is undefined. */
export interface ReachOptions {
  readonly workerTokenFile?: string;
  readonly adminTokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly publicUrl?: string;
  readonly trustProxy?: boolean;
  readonly operator?: string;
  readonly contact?: string;
}

/** Adds the options to a command. */
export function addReachOptions(command: Command): Command {
  return command
    .option('--worker-token-file <file>', 'file with the token that workers have to say (or STARLING_WORKER_TOKEN)')
    .option('--admin-token-file <file>', "file with the token that opens the owner's page and /status (or STARLING_ADMIN_TOKEN)")
    .option('--tls-cert <file>', 'certificate in PEM, its chain behind it: serve https and wss; needs --tls-key')
    .option('--tls-key <file>', 'private key of the certificate, in PEM')
    .option(
      '--public-url <url>',
      'address under which others find this coordinator: a name of its certificate, or of a reverse proxy',
      publicUrl,
    )
    .option('--trust-proxy', 'count connections by the last hop of X-Forwarded-For: only behind a proxy of your own')
    .option('--operator <text>', 'who runs this coordinator, for the page of volunteers', line)
    .option('--contact <text>', 'where that one can be reached, for the page of volunteers', line);
}

/** An address with nothing behind its path, which ends with a slash. */
function publicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && [url.search, url.hash, url.username, url.password].every((part) => part === '');
  if (!isPlain || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('An address like https://starling.example.org/ is wanted, without query and fragment.');
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

function line(text: string): string {
  if (text.trim() !== '' && printableText(text) === text) return text;
  throw new InvalidArgumentError(`One line of at most ${fieldLimits.textLength} printable characters is wanted.`);
}
