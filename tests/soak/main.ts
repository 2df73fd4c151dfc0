// npm run soak: hours of a coordinator's life in half of one. Ends by itself, kills its own children alone, and leaves a report in docs/soak/.
//
//   npm run soak -- --minutes 30 --kills 100 --seed 1

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { currentLoad, describeMachine } from '../../benchmarks/machine.js';
import { killAll, repository } from '../integration/command.js';
import { runUnderChurn } from './churned-run.js';
import { runUnderKills } from './killed-run.js';
import { reportText } from './report.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});
const [minutes, kills, seed] = [Number(values.minutes), Number(values.kills), Number(values.seed)];
if (!(minutes >= 0) || !Number.isInteger(kills) || kills < 0 || !Number.isInteger(seed)) {
  throw new RangeError('Cannot soak: --minutes, --kills and --seed want numbers that are not negative');
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(130);
  });
}

try {
  const circumstances = describeMachine(`npm run soak -- --minutes ${minutes} --kills ${kills}`);
  const churned = minutes === 0 ? undefined : await runUnderChurn(minutes, seed, say);
  const killed = kills === 0 ? undefined : await runUnderKills(kills, seed, say);
  const text = reportText({ circumstances: { ...circumstances, loadAfter: currentLoad() }, minutes, seed, churned, killed });
  const folder = join(repository, 'docs', 'soak');
  const file = join(folder, `${circumstances.date}-${circumstances.commit}.md`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
  process.stdout.write(`${text}\nWritten to ${file}\n`);
  const verdicts = [...(churned?.verdicts ?? []), ...(killed?.verdicts ?? [])];
  process.exitCode = verdicts.some(({ holds }) => holds === false) ? 1 : 0;
} finally {
  killAll();
}
