// How a run is served, put together from flags, environment and files: what the coordinator is told, and what people are.

import { isExposed, pageAddress, volunteerAddress, workerAddress, type ServingOptions } from '../coordinator/shell/index.js';
import type { ReachOptions } from './serve-options.js';
import { tlsIdentityOf } from './tls.js';
import { tokensOf, tokenVariables, type RunTokens } from './tokens.js';

/** A run that is about to be served. */
export interface Serving {
  /** What the coordinator is started with. */
  readonly options: ServingOptions;
  readonly tokens: RunTokens;
  /** The served certificate, for workers on this machine. */
  readonly certificateFile: string | undefined;
}

/** How a run in a folder is to be served. Throws CommandError where tokens, certificate or key are not good. */
export function servingOf(options: ReachOptions & { readonly host: string; readonly port: number }, folder: string): Serving {
  const { host, port, publicUrl, trustProxy, operator, contact } = options;
  const tls = tlsIdentityOf(options, new Date());
  const place: ServingOptions = {
    ...{ host, port },
    ...(tls === undefined ? {} : { tls }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(trustProxy === undefined ? {} : { isProxyTrusted: trustProxy }),
    ...(operator === undefined ? {} : { operator }),
    ...(contact === undefined ? {} : { contact }),
  };
  const tokens = tokensOf({ options, environment: process.env, folder, isExposed: isExposed(place) });
  return {
    options: {
      ...place,
      ...(tokens.worker === undefined ? {} : { token: tokens.worker.value }),
      ...(tokens.administration === undefined ? {} : { administrationToken: tokens.administration.value }),
    },
    tokens,
    certificateFile: options.tlsCert,
  };
}

/** What a person who serves a run at an address has to know: where others join, with which words, and what is unsafe about it. */
export function invitation(address: string, { options, tokens }: Serving): readonly string[] {
  const page = pageAddress(address, options);
  const [volunteers, workers] = [volunteerAddress(address, options).address, workerAddress(address, options)];
  const { worker, administration, storeFile } = tokens;
  if (worker === undefined && administration === undefined && options.publicUrl === undefined) {
    return [
      `Waiting for workers. Headless ones join with:  npx starling worker ${workers}`,
      `Volunteers open  ${volunteers}  in a browser.`,
      `Live page:  ${page.address}`,
    ];
  }
  const secret = worker === undefined ? '' : `${tokenVariables.worker}=${worker.value} `;
  const invited = worker === undefined ? '' : '    Whoever has this link may join.';
  const isStored = [worker, administration].some((token) => token?.source === 'new' || token?.source === 'stored');
  return [
    `Waiting for workers at ${address}`,
    `Volunteers open  ${volunteers}${invited}`,
    `Headless workers join with:  ${secret}npx starling worker ${workers}`,
    `Live page, for the run's owner:  ${page.address}${ownersKey(administration)}`,
    ...(isStored ? [`The tokens that were made for this run lie in ${storeFile}, which is for you alone.`] : []),
    ...(page.isLocal || page.address.startsWith('https:') ? [] : [insecure]),
  ];
}

const insecure =
  'Warning: without TLS everyone on the way can read the tokens, and browsers elsewhere lend no GPU: --tls-cert and --tls-key, or a reverse proxy (docs/security.md).';

/** The owner's token is shown when it is made, and never again. */
function ownersKey(token: RunTokens['administration']): string {
  if (token === undefined) return '';
  if (token.source === 'new') return `#token=${token.value}    This link is shown once, and is for you alone.`;
  return '#token=…  with the administration token';
}
