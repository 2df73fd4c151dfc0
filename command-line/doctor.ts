// starling doctor: the devices of this machine beside the interpreter, operation by operation.

import { adapterTitle, wasmBackend, type AdapterDescription } from '../backends/index.js';
import { openDeviceProcess } from '../node-worker/index.js';
import { deviceOf, type DeviceBackend } from '../tensor/index.js';
import { examine, type Examination } from '../worker/index.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { formatTable } from './format.js';
import { software } from './software.js';

/** Options of `starling doctor`. */
export interface DoctorCommandOptions {
  readonly json: boolean;
}

/** A device that was looked for. */
type Finding = {
  readonly device: string;
  /** The GPU that was found. */
  readonly adapter?: AdapterDescription;
} & (({ readonly state: 'examined' } & Examination) | { readonly state: 'absent' | 'failed'; readonly reason: string });

/** What is examined; a GPU can say which one it is. */
type OpenDevice = DeviceBackend & { readonly adapter?: AdapterDescription };

const openers: Readonly<Record<string, () => Promise<OpenDevice>>> = {
  wasm: () => Promise.resolve(deviceOf(wasmBackend)),
  webgpu: () => openDeviceProcess({}),
};

/** Examines every device; gives the exit code: a difference where one of them does not compute exactly. */
export async function runDoctor({ json }: DoctorCommandOptions): Promise<ExitCode> {
  const findings: Finding[] = [];
  for (const [device, open] of Object.entries(openers)) findings.push(await look(device, open));
  process.stdout.write(json ? `${JSON.stringify({ software, devices: findings })}\n` : describe(findings));
  const isWell = findings.every(
    (finding) => finding.state === 'absent' || (finding.state === 'examined' && finding.class === 'exact'),
  );
  return isWell ? exitCodes.success : exitCodes.different;
}

async function look(name: string, open: () => Promise<OpenDevice>): Promise<Finding> {
  let device: OpenDevice;
  try {
    device = await open();
  } catch (error) {
    return { device: name, state: 'absent', reason: reasonOf(error) };
  }
  const found = { device: name, ...(device.adapter === undefined ? {} : { adapter: device.adapter }) };
  try {
    return { ...found, state: 'examined', ...(await examine(device)) };
  } catch (error) {
    return { ...found, state: 'failed', reason: reasonOf(error) };
  } finally {
    await device.close();
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function describe(findings: readonly Finding[]): string {
  const examined = findings.flatMap((finding) => (finding.state === 'examined' ? [finding] : []));
  const names = examined[0]?.operations.map(({ name }) => name) ?? [];
  const rows = names.map((name, index) => [name, ...examined.map(({ operations }) => cell(operations[index]))]);
  const program = [
    'a whole program',
    ...examined.map((one) => (one.isProgramEqual ? 'equal' : `off by ${one.programDistance.toExponential(1)}`)),
  ];
  const table = formatTable([['operation', ...examined.map(({ device }) => device)], ...rows, program]);
  const verdicts = findings.map((finding) => {
    const title = finding.adapter === undefined ? '' : `, ${adapterTitle(finding.adapter)}`;
    return `${finding.device}${title}: ${verdictOf(finding)}`;
  });
  return `${table}\n\n${verdicts.join('\n')}\n`;
}

function cell(operation: Examination['operations'][number] | undefined): string {
  if (operation === undefined) return '–';
  const { differingCount, count, mostUlps } = operation;
  return differingCount === 0 ? 'equal' : `${differingCount} of ${count} differ, by up to ${mostUlps} ulp`;
}

function verdictOf(finding: Finding): string {
  if (finding.state !== 'examined') return `${finding.state}: ${finding.reason}`;
  const words = {
    exact: 'exact, has the bits of the contract',
    tolerant: 'tolerant, close to the contract but with other bits',
    unfit: 'unfit, too far from the contract to take part',
  };
  return words[finding.class];
}
