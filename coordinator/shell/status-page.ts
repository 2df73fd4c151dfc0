// The coordinator's HTTP side: the pages, health and status as JSON. Read-only.

import type { RequestListener } from 'node:http';
import type { CoreSnapshot, Evaluation, Outcome } from '../index.js';
import { bearerTokenOf, type Access } from './access.js';
import { answering } from './answers.js';
import { serveLivePage } from './live-page.js';
import type { StaticFiles } from './static-files.js';
import { serveVolunteerPage, visitorText, volunteerPath, type VolunteerPageOptions } from './volunteer-page.js';

/** Something that happened, for people. */
export interface RunEvent {
  readonly time: string;
  readonly level: 'information' | 'warning';
  readonly text: string;
}

/** Where a run stands. */
export interface RunStatus {
  readonly run: string;
  readonly name: string;
  readonly software: string;
  readonly outcome: Outcome | null;
  readonly step: number;
  readonly stepCount: number;
  readonly trainLoss: number | null;
  readonly parametersSha256: string;
  readonly evaluation: Evaluation | null;
  readonly sequencesPerSecond: number;
  readonly secondsLeft: number | null;
  /** Whether workers are admitted whose bits are not the contract's. */
  readonly admittedTolerant: boolean;
  readonly job: CoreSnapshot['job'];
  readonly workers: CoreSnapshot['workers'];
  readonly reissuedLeases: number;
  readonly droppedContributions: number;
  /** The latest last. */
  readonly events: readonly RunEvent[];
}

/** What the pages are made from. */
export interface StatusPageOptions {
  /** Undefined while the run is being opened. */
  readonly status: () => RunStatus | undefined;
  /** Whether a request's Host header is one of this coordinator's names. */
  readonly isHostAllowed: (host: string | undefined) => boolean;
  /** Who may see the run as its owner does. */
  readonly acceptsAdministrator: Access['acceptsAdministrator'];
  readonly volunteers: VolunteerPageOptions;
  /** The live page; without files there is a plain text in its place. */
  readonly liveFiles: StaticFiles;
}

/** Answers HTTP requests. */
export function statusPages(options: StatusPageOptions): RequestListener {
  const { status, isHostAllowed, acceptsAdministrator, volunteers, liveFiles } = options;
  return answering(isHostAllowed, ({ request, response, answer }) => {
    if (serveVolunteerPage(volunteers, { request, response })) return;
    if (serveLivePage(liveFiles, { request, response })) return;
    const state = status();
    if (state === undefined) return answer(503, 'text/plain', 'The run is being opened.\n');
    const isAdministrator = acceptsAdministrator(bearerTokenOf(request));
    switch ((request.url ?? '/').split('?', 1)[0]) {
      case '/healthz':
        return answer(200, 'text/plain', 'ok\n');
      case '/status':
        if (!isAdministrator) return answer(401, 'text/plain', administrationText);
        return answer(200, 'application/json', `${JSON.stringify(state)}\n`);
      case '/':
        return answer(200, 'text/plain', isAdministrator ? welcomeText(state) : visitorText('run'));
      default:
        return answer(404, 'text/plain', 'Nothing is here. Try /, /volunteer/, /status or /healthz.\n');
    }
  });
}

const administrationText = 'The administration token is wanted, as: Authorization: Bearer TOKEN\n';

function welcomeText({ name, step, stepCount, trainLoss, workers }: RunStatus): string {
  const loss = trainLoss === null ? 'no loss yet' : `training loss ${trainLoss.toPrecision(6)}`;
  return [
    `Starling: run ${name}`,
    `step ${step} of ${stepCount}, ${loss}, ${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}`,
    '',
    'A headless worker joins with: npx starling worker ws://HOST:PORT',
    `Help from a browser tab: ${volunteerPath}`,
    'State of the run as JSON: /status',
    '',
  ].join('\n');
}
