// How others join: the address for volunteers, to be read or photographed.

import { encode } from 'uqr';
import { qrPath } from './qr-path.js';
import type { LiveVolunteers } from '../../protocol/index.js';

const margin = 2;

interface VolunteersProperties {
  readonly volunteers: LiveVolunteers | null;
  /** What they help. */
  readonly subject: 'run' | 'study';
}

/** The volunteers' address with its QR code; nothing in a report. */
export function Volunteers({ volunteers, subject }: VolunteersProperties) {
  if (volunteers === null) return null;
  return (
    <section class="card panel third volunteers" aria-labelledby="volunteers-title">
      <h2 id="volunteers-title">Help from others</h2>
      <Code text={volunteers.address} />
      <p>
        Whoever opens this address can lend their tab to the {subject}:{' '}
        <a id="volunteers-address" href={volunteers.address}>
          {volunteers.address}
        </a>
      </p>
      {volunteers.isLocal ? (
        <p class="small">It leads to this machine alone. With --host the coordinator listens to others as well.</p>
      ) : null}
    </section>
  );
}

function Code({ text }: { readonly text: string }) {
  const { size, data } = encode(text, { ecc: 'M', border: 0 });
  const whole = size + 2 * margin;
  return (
    <svg
      id="volunteers-code"
      class="code"
      role="img"
      aria-label={`QR code of ${text}`}
      viewBox={`${-margin} ${-margin} ${whole} ${whole}`}
    >
      <rect x={-margin} y={-margin} width={whole} height={whole} fill="#fff" />
      <path d={qrPath(data)} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}
