// The HTTP side of a study: its page, and how far each of its runs is, as JSON. Read-only.

import type { RequestListener } from 'node:http';
import type { LiveCurve } from '../../protocol/index.js';
import type { Outcome } from '../index.js';
import { bearerTokenOf, type Access } from './access.js';
import { answering } from './answers.js';
import { serveLivePage } from './live-page.js';
import type { StaticFiles } from './static-files.js';
import { serveVolunteerPage, visitorText, volunteerPath, type VolunteerPageOptions } from './volunteer-page.js';

/** Where a run of a study stands. */
export interface StudyRunState {
  readonly name: string;
  /** `failed`: it could not go on, and the study neither. */
  readonly state: 'waiting' | 'running' | 'failed' | Outcome;
  readonly step: number;
  readonly stepCount: number;
  readonly workers: number;
  readonly trainLoss: number | null;
  /** Of the newest evaluation after step 0. */
  readonly testLoss: number | null;
  /** Of theory; null where there is none, and before the first evaluation. */
  readonly optimum: number | null;
  /** Training losses. */
  readonly curve?: LiveCurve;
}

/** Where a study stands. */
export interface StudyStatus {
  readonly study: string;
  readonly software: string;
  readonly runs: readonly StudyRunState[];
  readonly workerCount: number;
  readonly secondsLeft: number | null;
}

/** What the pages are made from. */
export interface StudyPageOptions {
  readonly status: () => StudyStatus;
  readonly curveOf: (run: string) => LiveCurve;
  /** The live page; without files there is a plain text in its place. */
  readonly liveFiles: StaticFiles;
  readonly isHostAllowed: (host: string | undefined) => boolean;
  readonly acceptsAdministrator: Access['acceptsAdministrator'];
  readonly volunteers: VolunteerPageOptions;
}

/** Answers HTTP requests. */
export function studyPages(options: StudyPageOptions): RequestListener {
  const { status, curveOf, liveFiles, volunteers, isHostAllowed, acceptsAdministrator } = options;
  const withCurves = ({ runs, ...study }: StudyStatus): StudyStatus => {
    return { ...study, runs: runs.map((run) => ({ ...run, curve: curveOf(run.name) })) };
  };
  return answering(isHostAllowed, ({ request, response, answer }) => {
    if (serveVolunteerPage(volunteers, { request, response })) return;
    if (serveLivePage(liveFiles, { request, response })) return;
    const isAdministrator = acceptsAdministrator(bearerTokenOf(request));
    switch ((request.url ?? '/').split('?', 1)[0]) {
      case '/healthz':
        return answer(200, 'text/plain', 'ok\n');
      case '/study':
        if (!isAdministrator)
          return answer(401, 'text/plain', 'The administration token is wanted, as: Authorization: Bearer TOKEN\n');
        return answer(200, 'application/json', `${JSON.stringify(withCurves(status()))}\n`);
      case '/':
        return answer(200, 'text/plain', isAdministrator ? overview(status()) : visitorText('study'));
      default:
        return answer(404, 'text/plain', 'Nothing is here. Try /, /volunteer/, /study or /healthz.\n');
    }
  });
}

function overview({ study, runs, workerCount }: StudyStatus): string {
  const ended = runs.filter(({ state }) => state !== 'waiting' && state !== 'running').length;
  return [
    `Starling: study ${study}`,
    `${ended} of ${runs.length} runs done, ${workerCount} ${workerCount === 1 ? 'worker' : 'workers'}`,
    '',
    'A headless worker joins with: npx starling worker --split ws://HOST:PORT',
    `Help from a browser tab: ${volunteerPath}`,
    'State of the study as JSON: /study',
    '',
  ].join('\n');
}
