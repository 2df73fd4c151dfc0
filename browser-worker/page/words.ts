// What the page says. Every state has a title, a sentence on what happens now, and one button.

import type { RunSummary } from '../../protocol/index.js';
import type { Activity, DeviceNews } from '../news.js';

/** Why the tab rests although it has been started. */
export type Hold = 'asked' | 'battery' | 'hidden';

/** A state in words. */
export interface StateWords {
  readonly title: string;
  readonly detail: string;
  readonly tone: 'calm' | 'busy' | 'good' | 'bad';
}

/** What the title and the sentence of a state depend on. */
export interface StateFacts {
  readonly activity: Activity;
  /** Undefined where nothing holds the tab back. */
  readonly hold: Hold | undefined;
  readonly isCoordinatorHere: boolean;
  readonly isUninvited: boolean;
  /** Whether the run is one of a study's, all of which are served here. */
  readonly isStudy: boolean;
  /** Whether nothing has been computed in the last seconds. */
  readonly isIdle: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Tells a state. */
export function describeState(facts: StateFacts): StateWords {
  const { activity, hold, isCoordinatorHere, isUninvited, isStudy, isIdle, now } = facts;
  switch (activity.type) {
    case 'idle':
      if (isUninvited) return { title: 'Invitation needed', detail: uninvited, tone: 'bad' };
      return isCoordinatorHere
        ? { title: 'Not started', detail: 'Nothing is computed until you press Start.', tone: 'calm' }
        : { title: 'Looking for the run', detail: 'The coordinator has not answered yet.', tone: 'calm' };
    case 'preparing':
      return { title: 'Preparing', detail: 'Checking that this device computes the same bits as all others.', tone: 'busy' };
    case 'connecting':
      return { title: 'Connecting', detail: 'Saying hello to the coordinator.', tone: 'busy' };
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((activity.retryAt - now) / 1000));
      const when = seconds === 0 ? 'now' : `in ${seconds} s`;
      return {
        title: 'Coordinator gone',
        detail: `Trying again ${when}. This tab joins by itself when it is back; nothing is lost.`,
        tone: 'bad',
      };
    }
    case 'working':
      return { title: 'Working', detail: workingDetail(isStudy, isIdle), tone: 'good' };
    case 'pausing':
      return { title: 'Pausing', detail: 'Giving unfinished work back to the coordinator.', tone: 'busy' };
    case 'paused':
      return { title: 'Paused', detail: pauseDetail(hold), tone: 'calm' };
    case 'over':
      return isStudy
        ? { title: 'The study is over', detail: studyEndings[activity.reason], tone: 'good' }
        : { title: 'The run is over', detail: endings[activity.reason], tone: 'good' };
    case 'refused':
      return { title: 'This tab cannot help', detail: refusals[activity.code] ?? activity.message, tone: 'bad' };
  }
}

function workingDetail(isStudy: boolean, isIdle: boolean): string {
  if (isIdle)
    return 'This tab is ready, and computes whatever it is given. Where the run is faster without it, that may be little.';
  const what = isStudy ? 'the runs of the study' : 'the run';
  return `This tab computes for ${what}, also while it is in the background.`;
}

function pauseDetail(hold: Hold | undefined): string {
  switch (hold) {
    case 'battery':
      return 'This device runs on its battery. Work goes on by itself when it is plugged in.';
    case 'hidden':
      return 'This tab is in the background. Work goes on by itself when you come back.';
    case 'asked':
    case undefined:
      return 'Nothing is computed. What was unfinished has been given to others.';
  }
}

type Ending = (Activity & { type: 'over' })['reason'];

const studyEndings: Readonly<Record<Ending, string>> = {
  completed: 'All its runs are done. Thank you: you can close this tab.',
  diverged: 'All its runs are done. Thank you: you can close this tab.',
  stopped: 'Its owner stopped it. Thank you: you can close this tab, or look whether it goes on.',
};

const endings: Readonly<Record<Ending, string>> = {
  completed: 'All its steps are done. Thank you: you can close this tab.',
  diverged:
    'It ended early because its loss is no longer a finite number; that is a result too. Thank you: you can close this tab.',
  stopped: 'Its owner stopped it. Thank you: you can close this tab, or look whether it goes on.',
};

const uninvited = 'This run takes invited tabs only. Ask its operator for a link: the invitation is in it.';

const refusals: Readonly<Record<string, string>> = {
  'proof-failed': 'This browser computes other bits than every other machine, and this run accepts equal bits only.',
  'protocol-version': 'This page is of another version than the coordinator. Load the page again.',
  'contract-version': 'This page is of another version than the coordinator. Load the page again.',
  unauthorized: uninvited,
  'worker-replaced': 'A copy of this tab works on under the same id. Join anew, and this one gets an id of its own.',
  'program-rejected': 'The program of this run is too large for this browser.',
  'memory-refused': 'This browser gives the page no memory to compute in. Close other tabs, then load the page again.',
  'compute-failed': 'Computing failed again and again on this device, so the tab has stopped. Load the page again to retry.',
};

/** What the network is asked to learn, in a few words. */
export function describeTask(task: string): string {
  const words: Readonly<Record<string, string>> = {
    'in-context-regression': 'to recognize a linear rule from the few examples it is shown',
    'attention-teacher': 'to imitate an attention layer',
    'function-class': 'to recognize a rule from the few examples it is shown',
    'associative-recall': 'to look up what belonged to a word it has read before',
    'multi-query-recall': 'to look up what belonged to several words it has read before',
    'induction-heads': 'to find what followed a mark the first time',
  };
  return words[task] ?? `the task ${task}`;
}

/** What is trained, in a few words. */
export function describeModel(model: string): string {
  const words: Readonly<Record<string, string>> = {
    'gated-rnn': 'a gated recurrent neural network',
    'dense-gated-rnn': 'a gated recurrent neural network',
    'side-gated-rnn': 'a gated recurrent neural network',
    'windowed-gated-rnn': 'a gated recurrent neural network',
    'linear-attention': 'a layer of linear self-attention',
    'gated-linear-attention': 'a layer of gated linear attention',
    'delta-net': 'a layer of linear attention that corrects itself',
    lru: 'a linear recurrent unit',
    'rg-lru': 'a gated linear recurrent unit',
    'selective-ssm': 'a selective state space layer',
    'softmax-attention': 'a layer of softmax attention',
    lstm: 'an LSTM',
    gru: 'a GRU',
  };
  return words[model] ?? `the model ${model}`;
}

/** What the tab computes on, and where it is not a graphics card: why. */
export function describeDevice(device: DeviceNews): string {
  switch (device.type) {
    case 'unknown':
      return 'Looking what there is.';
    case 'gpu': {
      const { name, isSoftware, lossCount } = device;
      const kind = isSoftware ? 'Simulated graphics card' : 'Graphics card';
      const losses = lossCount === 1 ? 'once' : `${lossCount} times`;
      const loss = lossCount === 0 ? '' : ` It was lost ${losses}, and opened again.`;
      return `${kind} (${name}), with WebGPU.${loss}`;
    }
    case 'processor':
      return `Processor, with WASM. ${processorReason(device)}`;
  }
}

function processorReason({ reason, gpuName }: DeviceNews & { type: 'processor' }): string {
  const gpu = gpuName === undefined ? 'The graphics card' : `The graphics card (${gpuName})`;
  switch (reason) {
    case 'chosen':
      return 'You chose it.';
    case 'no-webgpu':
      return 'This browser has no WebGPU.';
    case 'insecure-origin':
      return 'Browsers offer WebGPU only at secure addresses (https, or this machine); ask the operator for one.';
    case 'no-adapter':
      return 'This browser has WebGPU, but finds no graphics card for it.';
    case 'software-gpu':
      return `${gpu} is simulated in software; the processor is faster without it.`;
    case 'gpu-differs':
      return `${gpu} computes other bits than every other machine, so it is not used.`;
    case 'gpu-too-small':
      return `${gpu} cannot hold the program of this run.`;
    case 'gpu-failed':
      return `${gpu} was lost or failed again and again, so it is not used any more.`;
  }
}

/** A rate or a count with separators; from a million on with three digits, so that it has room on a phone. */
export function formatCount(count: number): string {
  const unit = units.find(({ size }) => count >= size);
  return unit === undefined ? Math.round(count).toLocaleString('en-US') : `${(count / unit.size).toPrecision(3)} ${unit.name}`;
}

const units = [
  { size: 1e9, name: 'bn' },
  { size: 1e6, name: 'M' },
] as const;

/** A loss with four significant digits; a dash before the first step. */
export function formatLoss(loss: RunSummary['trainLoss']): string {
  return loss === null ? '–' : loss.toPrecision(4);
}

/** Where a link to the operator leads; undefined where what the operator gave is neither a web nor a mail address. */
export function contactAddress(contact: string): string | undefined {
  if (/^https?:\/\/[^\s/]+/.test(contact)) return contact;
  return /^[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+$/.test(contact) ? `mailto:${contact}` : undefined;
}
