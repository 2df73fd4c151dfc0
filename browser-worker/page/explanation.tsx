// What is computed, for whom and why, what it costs and what is kept: before anyone agrees.

import { rememberedDays } from './choices.js';
import { contactAddress, describeModel, describeTask } from './words.js';
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
      <Operator operator={run?.operator ?? null} contact={run?.contact ?? null} />
      <h3>Why</h3>
      <p>
        To learn how such networks come to learn from examples, with results that anyone can repeat: whoever helps, the run ends
        with the same bits.
      </p>
      <h3>What it costs</h3>
      <p>
        Processor or graphics card time and electricity, at the speed you choose. No account, no cookie; nothing on your device is
        read.
      </p>
      <h3>What is stored</h3>
      <p>
        In this browser: your terms, for {rememberedDays} days; and until you close this tab, a random id, and the invitation if
        your link had one. With the operator: that id, the made-up name of this tab, and which parts of the run it has computed.
      </p>
      <p>
        While you are connected, the operator also sees your network address, the kind of your browser and what you lend. No
        address goes into the run’s records.
      </p>
    </section>
  );
}

interface OperatorProperties {
  readonly operator: string | null;
  readonly contact: string | null;
}

function Operator({ operator, contact }: OperatorProperties) {
  const who = operator === null ? 'whoever operates' : <strong id="operator">{operator}</strong>;
  const address = contact === null ? undefined : contactAddress(contact);
  return (
    <p>
      For {who}
      {operator === null ? ' ' : ', who operates '}
      <strong>{location.host}</strong>, the only machine this page talks to.
      {contact === null ? null : ' Questions and complaints: '}
      {contact === null ? null : (
        <span id="contact">
          {address === undefined ? (
            contact
          ) : (
            <a href={address} target="_blank" rel="noreferrer noopener">
              {contact}
            </a>
          )}
        </span>
      )}
    </p>
  );
}
