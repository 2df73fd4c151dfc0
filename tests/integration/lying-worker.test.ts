// Volunteers that lie, over real sockets: they are refused and told why, honest ones are not, and the run keeps its bits. A lie that
// nobody looked at is found afterwards.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { volunteerTokenOf } from '../../coordinator/shell/access.js';
import { startCoordinator, type CoordinatorOptions, type RunResult } from '../../coordinator/shell/index.js';
import { bytesOfFloats, type Contribution, type Lease } from '../../protocol/index.js';
import { interpreter, type Floats } from '../../tensor/index.js';
import { startScriptedWorker, type Answer, type ScriptedWorker } from '../coordinator/scripted-worker.js';
import { smallConfig, smallRun } from '../coordinator/small-run.js';
import { nonFiniteAnswerTo, sha256 } from '../coordinator/toy-run.js';
import { distort, lieKinds, type LieKind } from '../simulation/lies.js';
import { killAll, run } from './command.js';
import { serialDigest } from './configurations.js';

afterEach(killAll);

const volunteer = { kind: 'browser', backend: 'wasm' } as const;
const [home, den, away] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;

type Honest = () => { readonly message: Contribution; readonly payload: Float32Array };

/** Lies about the leases that `isLie` picks; of those before it knows the sums. */
function liar(kind: LieKind, isLie: (lease: Lease, count: number) => boolean): Answer {
  let count = 0;
  let earlier: Floats | undefined;
  return (lease: Lease, honest: Honest) => {
    count += 1;
    const { message, payload } = honest();
    const known = earlier;
    earlier = payload.slice();
    if (!isLie(lease, count)) return { message, payload };
    if (kind === 'non-finite') return { message: nonFiniteAnswerTo(lease) };
    const told = new Float32Array(distort(payload.slice(), kind, known));
    return { message: { ...message, payloadSha256: sha256(bytesOfFloats(told)) }, payload: told };
  };
}

async function runWith(recheck: number, steps = 8): Promise<CoordinatorOptions> {
  const config = smallConfig({ steps, microbatches: 12 }, { sequences: 96, every: 2 });
  return smallRun({ config: { ...config, coordination: { ...config.coordination, recheck } } });
}

interface Company {
  readonly result: RunResult;
  readonly honest: readonly ScriptedWorker[];
  readonly liars: readonly ScriptedWorker[];
}

/** Lets liars join first, so that none is too late to lie, and then honest workers. */
async function runBeside(
  options: CoordinatorOptions,
  lies: readonly (readonly [address: string, answer: Answer])[],
): Promise<Company> {
  const coordinator = await startCoordinator(options);
  const liars: ScriptedWorker[] = [];
  for (const [index, [localAddress, answer]] of lies.entries()) {
    liars.push(await startScriptedWorker(coordinator.address, `liar-${index}`, { hello: volunteer, localAddress, answer }));
  }
  const honest = [
    await startScriptedWorker(coordinator.address, 'owner', { localAddress: home }),
    await startScriptedWorker(coordinator.address, 'tab', { hello: volunteer, localAddress: home }),
    await startScriptedWorker(coordinator.address, 'tab elsewhere', { hello: volunteer, localAddress: away }),
  ];
  return { result: await coordinator.done, honest, liars };
}

async function expectJustice({ config }: CoordinatorOptions, { result, honest, liars }: Company): Promise<void> {
  for (const worker of liars) {
    expect((await worker.closed).code).toBe('wrong-bits');
    const refusal = worker.messages.findLast(({ type }) => type === 'refuse');
    expect(refusal).toMatchObject({
      code: 'wrong-bits',
      message: expect.stringMatching(/^Cannot trust worker: .*\[\d+, \d+\)/) as unknown,
    });
  }
  for (const worker of honest) expect((await worker.closed).code).toBe('normal');
  expect(result).toMatchObject({ outcome: 'completed', parametersSha256: serialDigest(config, interpreter), uncheckedNodes: 0 });
}

describe('a volunteer that lies', () => {
  it.each(lieKinds)('is refused with wrong-bits when its sums are %s, and the run keeps its bits', async (kind) => {
    const options = await runWith(0.05);
    await expectJustice(options, await runBeside(options, [[den, liar(kind, () => true)]]));
  });

  it('is refused too where it calls itself headless and came with the volunteers’ link', async () => {
    const token = 'W'.repeat(22);
    const options = { ...(await runWith(0.05)), token };
    const coordinator = await startCoordinator(options);
    const answer = liar('negated', () => true);
    const hello = { kind: 'node', backend: 'wasm', token: volunteerTokenOf(token) } as const;
    const posing = await startScriptedWorker(coordinator.address, 'posing', { hello, localAddress: den, answer });
    const owners = await startScriptedWorker(coordinator.address, 'owner', { hello: { token }, localAddress: home });
    await expectJustice(options, { result: await coordinator.done, honest: [owners], liars: [posing] });
  });

  it('is refused when its first ten sums are right and the others are not, where all are computed again', async () => {
    const options = await runWith(1, 12);
    await expectJustice(options, await runBeside(options, [[den, liar('scaled', (_lease, count) => count > 10)]]));
  });

  it('is refused beside another at the same address that says the same', async () => {
    const options = await runWith(0.05);
    const lies = [liar('zeros', () => true), liar('zeros', () => true)];
    await expectJustice(options, await runBeside(options, lies.map((answer) => [den, answer] as const))); // prettier-ignore
  });

  it('leaves its address nowhere: not in the folder of the run, not in its log', async () => {
    const texts: string[] = [];
    const options = await runWith(0.05);
    const onLog: CoordinatorOptions['onLog'] = ({ text }) => void texts.push(text);
    const company = await runBeside({ ...options, onLog }, [[den, liar('zeros', () => true)]]);
    await expectJustice(options, company);
    for (const file of readdirSync(options.folder, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) texts.push(readFileSync(join(file.parentPath, file.name), 'latin1'));
    }
    expect(texts.length).toBeGreaterThan(10);
    expect(texts.filter((text) => text.includes(den) || text.includes(away))).toEqual([]);
  });

  it('comes back under a new id and is refused again', async () => {
    const options = await runWith(0.05, 30);
    const coordinator = await startCoordinator(options);
    await startScriptedWorker(coordinator.address, 'owner', { localAddress: home });
    const refused: string[] = [];
    for (let life = 0; life < 5; life += 1) {
      const answer = liar('negated', () => true);
      const worker = await startScriptedWorker(coordinator.address, `life-${life}`, {
        hello: volunteer,
        localAddress: den,
        answer,
      });
      refused.push((await worker.closed).code);
    }
    expect(refused.filter((code) => code !== 'normal')).toContain('wrong-bits');
    expect((await coordinator.done).parametersSha256).toBe(serialDigest(options.config, interpreter));
  });

  it('is named by starling verify, with step and tree node, when nobody looked at its lie', async () => {
    const options = await runWith(0, 20);
    const lies = new Set<string>();
    const answer = liar('scaled', (lease) => {
      const isLie = lease.kind === 'train' && lease.step >= 1;
      if (isLie) lies.add(`${lease.step} [${lease.begin}, ${lease.end})`);
      return isLie;
    });
    const { result, liars } = await runBeside(options, [[den, answer]]);
    expect((await liars[0]?.closed)?.code).toBe('normal');
    expect(result.parametersSha256).not.toBe(serialDigest(options.config, interpreter));
    const { exitCode, stdout } = await run(['verify', options.folder, '--json']);
    expect(exitCode).toBe(7);
    const { findings } = JSON.parse(stdout) as {
      findings: { type: string; step: number; node: Lease; worker: string }[];
    };
    const found = findings.find(({ type }) => type === 'wrong-sum');
    const workerId = Object.entries(result.contributionsByWorker).find(([name]) => name === 'liar-0')?.[1].workerId;
    expect(found?.worker).toBe(workerId);
    expect([...lies]).toContain(`${found?.step} [${found?.node.begin}, ${found?.node.end})`);
  });
});

describe('a run with nobody but one volunteer', () => {
  it('goes on after a while, says so, and counts what nobody confirmed', async () => {
    const warnings: string[] = [];
    const options = await runWith(0.05, 3);
    const onLog: CoordinatorOptions['onLog'] = ({ text }) => void warnings.push(text);
    const coordinator = await startCoordinator({ ...options, onLog });
    await startScriptedWorker(coordinator.address, 'alone', { hello: volunteer });
    const result = await coordinator.done;
    expect(result.parametersSha256).toBe(serialDigest(options.config, interpreter));
    expect(result.uncheckedNodes).toBeGreaterThan(0);
    expect(warnings.filter((text) => text.includes('count unconfirmed'))).toHaveLength(1);
  });
});
