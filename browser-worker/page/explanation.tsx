// What is computed, for whom and why, and what it costs: before anyone agrees.

import { describeModel, describeTask } from './words.js';
import type { Volunteer } from './volunteer.js';

/** The run in plain words. */
export function Explanation({ volunteer }: { readonly volunteer: Volunteer }) {
  const { run } = volunteer.news.value;
  const subject =
    run === undefined ? 'a small neural network' : `${describeModel(run.model)}, which learns ${describeTask(run.task)}`;
  return (
    <section class="card" aria-labelledby="explanation-title">
      <h2 id="explanation-title">What you agree to</h2>
      <h3>What</h3>
      <p>
        The run trains {subject}. Your tab invents the examples from a seed, computes how the network should change to do better
        on them, and sends these sums back. Other machines do the same for other examples.
      </p>
      <h3>For whom</h3>
      <p>
        For whoever operates <strong>{location.host}</strong>, the only machine this page talks to.
      </p>
      <h3>Why</h3>
      <p>
        To learn how such networks come to learn from examples, with results that anyone can repeat: whoever helps, the run ends
        with the same bits.
      </p>
      <h3>What it costs</h3>
      <p>
        Processor time and electricity, at the speed you choose. No account, no cookie; nothing on your device is read. The
        operator sees your network address while you are connected, the kind of your browser, how many processors you lend, and
        the made-up name of this tab.
      </p>
    </section>
  );
}
