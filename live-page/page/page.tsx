// The live page of a run's owner: how the run stands, what it learns, who computes it.

import { DecayChart } from './decay-chart.js';
import { Events } from './events.js';
import { Figures } from './figures.js';
import type { Listening } from './listening.js';
import { LossChart } from './loss-chart.js';
import { Masthead } from './masthead.js';
import { LearningRateChart, ThroughputChart } from './rate-charts.js';
import type { RunView } from './run-view.js';
import { State } from './state.js';
import { Tree } from './tree.js';
import { Volunteers } from './volunteers.js';
import { Workers } from './workers.js';

/** The whole page. */
export function Page({ view, listening }: { readonly view: RunView; readonly listening: Listening }) {
  const run = view.run.value;
  return (
    <>
      <Masthead />
      <main>
        <h1>{run === undefined ? 'A training run' : run.name}</h1>
        <p class="lead">
          {run === undefined
            ? 'Nothing is known of it yet.'
            : `${run.model} on ${run.task}, seed ${run.seed}, ${run.microbatchCount} × ${run.microbatchSize} sequences a step`}
        </p>
        <State view={view} listening={listening} />
        {run === undefined ? null : (
          <>
            <Figures view={view} />
            <div class="panels">
              <LossChart view={view} />
              <Volunteers volunteers={view.run.value?.volunteers ?? null} subject="run" />
              <DecayChart view={view} />
              <Tree view={view} />
              <LearningRateChart view={view} />
              <ThroughputChart view={view} />
              <Workers view={view} />
              <Events view={view} />
            </div>
            <Colophon view={view} />
          </>
        )}
      </main>
    </>
  );
}

/** What the run is, to the last bit. */
function Colophon({ view }: { readonly view: RunView }) {
  const { run, software } = view.run.value ?? { run: '', software: '' };
  return (
    <footer class="colophon small">
      <span>
        Run <code>{run}</code>
      </span>
      <span>
        Parameters <code id="digest">{view.progress.value?.parametersSha256}</code>
      </span>
      <span>{software}</span>
    </footer>
  );
}
