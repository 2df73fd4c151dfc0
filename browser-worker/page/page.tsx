// The volunteer page: what is computed, for whom and why; the state and its button; the speed and when to rest; the device.

import { Explanation } from './explanation.js';
import { Figures } from './figures.js';
import { RunProgress } from './run-progress.js';
import { Settings } from './settings.js';
import { State } from './state.js';
import type { Volunteer } from './volunteer.js';

const logo = new URL('../starling.svg', import.meta.url).href;

/** The whole page. */
export function Page({ volunteer }: { readonly volunteer: Volunteer }) {
  return (
    <>
      <header class="masthead">
        <img src={logo} alt="" width="32" height="32" />
        <span>Starling</span>
      </header>
      <main>
        <h1>Lend this tab to a training run</h1>
        <p class="lead">
          A researcher trains a small neural network on whatever computers are lent to the run. If you press Start, this tab is
          one of them until you stop it.{' '}
          <a class="whole" href="#explanation-title">
            What you agree to
          </a>
        </p>
        <div class="columns">
          <div class="column">
            <State volunteer={volunteer} />
            <Settings volunteer={volunteer} />
            <Figures volunteer={volunteer} />
            <RunProgress volunteer={volunteer} />
          </div>
          <div class="column">
            <Explanation volunteer={volunteer} />
          </div>
        </div>
      </main>
    </>
  );
}
