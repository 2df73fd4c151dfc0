// npm run soak: hours of a coordinator's life in half of one. Ends by itself, kills its own children alone, and leaves a report in docs/soak/.
//
//   npm run soak -- --minutes 30 --kills 100 --tab-minutes 10 --seed 1
//   npm run soak -- --tabs        the tabs alone

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { currentLoad, describeMachine } from '../../benchmarks/machine.js';
import { killAll, repository } from '../integration/command.js';
import { runUnderChurn } from './churned-run.js';
import { runUnderKills } from './killed-run.js';
import { reportText } from './report.js';
import { runUnderTabs } from './tabbed-run.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    tabs: { type: 'boolean', default: false },
    'tab-minutes': { type: 'string', default: '10' },
  },
});
const [minutes, kills] = values.tabs ? [0, 0] : [Number(values.minutes), Number(values.kills)];
const [tabMinutes, seed] = [Number(values['tab-minutes']), Number(values.seed)];
if (!(minutes >= 0) || !(tabMinutes >= 0) || !Number.isInteger(kills) || kills < 0 || !Number.isInteger(seed)) {
  throw new RangeError('Cannot soak: --minutes, --kills, --tab-minutes and --seed want numbers that are not negative');
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(130);
  });
}

try {
  const chosen = values.tabs ? '--tabs' : `--minutes ${minutes} --kills ${kills}`;
  const circumstances = describeMachine(`npm run soak -- ${chosen} --tab-minutes ${tabMinutes}`);
  const churned = minutes === 0 ? undefined : await runUnderChurn(minutes, seed, say);
  const killed = kills === 0 ? undefined : await runUnderKills(kills, seed, say);
  const tabbed = tabMinutes === 0 ? undefined : await runUnderTabs(tabMinutes, say);
  const after = { ...circumstances, loadAfter: currentLoad() };
  const text = reportText({ circumstances: after, minutes, seed, churned, killed, tabbed });
  const folder = join(repository, 'docs', 'soak');
  const file = join(folder, `${circumstances.date}-${circumstances.commit}.md`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
  process.stdout.write(`${text}\nWritten to ${file}\n`);
  const verdicts = [churned, killed, tabbed].flatMap((part) => part?.verdicts ?? []);
  process.exitCode = verdicts.some(({ holds }) => holds === false) ? 1 : 0;
} finally {
  killAll();
}
