// Starts a study: its server with its pages, and its coordinator.

import { accessOf } from './access.js';
import { hostNamesOf, isHostAllowed, listen } from './http-server.js';
import { readStaticFiles, type StaticFiles } from './static-files.js';
import { StudyCoordinator } from './study-coordinator.js';
import { studyPages } from './study-pages.js';
import type { RunningStudy, StudyOptions } from './study-runs.js';

/** Starts a study. Throws RunError where its port is taken. */
export async function startStudy(options: StudyOptions): Promise<RunningStudy> {
  const { serving } = options;
  const { host = '127.0.0.1', port = 0, tls } = serving;
  const hostNames = hostNamesOf(serving);
  const { acceptsAdministrator, acceptsWorker } = accessOf(serving);
  const filesOf = (folder: string | undefined): StaticFiles => (folder === undefined ? new Map() : readStaticFiles(folder));
  const liveFiles = filesOf(options.liveFolder);
  const study = new StudyCoordinator(options, liveFiles);
  const pages = studyPages({
    status: () => study.status(),
    curveOf: (run) => study.live.curveOf(run),
    liveFiles,
    volunteers: {
      acceptsWorker,
      files: filesOf(options.volunteerFolder),
      summary: (workerName) => study.workforce.summary(workerName),
    },
    isHostAllowed: (name) => isHostAllowed(name, hostNames),
    acceptsAdministrator,
  });
  study.serve(await listen({ host, port, tls }, pages));
  return study;
}
