// A first sign that records and computation differ. Which of them is wrong only later records tell: whether the run went on from the
// parameters that are computed here, or from others.

import type { TreeNode } from '../../tensor/index.js';
import type { JobKind } from '../core/events.js';
import { describeNode, shortDigest, type Finding } from './finding.js';

/** A logged digest that is not that of the node's sum. */
export interface NodeSuspicion {
  readonly kind: JobKind;
  readonly step: number;
  readonly node: TreeNode;
  readonly worker: string;
  readonly found: string;
  readonly wanted: string;
}

/** Recorded parameters that are not those computed, though no logged sum differs. */
export interface ParametersSuspicion {
  readonly step: number;
  readonly found: string;
  readonly wanted: string;
  /** Whether the sums that led here were logged, so that the update alone is left. */
  readonly isSumLogged: boolean;
  /** The last step whose records agree. */
  readonly lastAgreedStep: number;
}

/** What differs after a wrong sum was committed, in words. */
export interface Consequence {
  readonly what: string;
  readonly found: string;
  readonly wanted: string;
}

/** The signs so far, and what later records say of them. */
export class Suspicions {
  #nodes: NodeSuspicion[] = [];
  #parameters: ParametersSuspicion | undefined;
  /** Nodes after which recorded parameters were right. A wrong sum may show later: Adam's first step knows only its sign. */
  #refuted: NodeSuspicion[] = [];

  /** Whether there are any that no record has explained yet. */
  get areOpen(): boolean {
    return this.#nodes.length > 0 || this.#parameters !== undefined;
  }

  /** Whether any node was ever suspected. */
  get areOfNodes(): boolean {
    return this.#nodes.length > 0 || this.#refuted.length > 0;
  }

  get count(): number {
    return this.#nodes.length + this.#refuted.length;
  }

  suspectNodes(suspicions: readonly NodeSuspicion[]): void {
    this.#nodes.push(...suspicions);
  }

  suspectParameters(suspicion: ParametersSuspicion): void {
    this.#parameters = suspicion;
  }

  /** The run went on from the parameters that are computed here: gives the record that was altered. */
  refute(): Finding | undefined {
    this.#refuted.push(...this.#nodes);
    const parameters = this.#parameters;
    this.#nodes = [];
    this.#parameters = undefined;
    return parameters === undefined ? undefined : differentParameters(parameters, 'computed');
  }

  /** The run went on from others: gives the first difference of the computation. */
  confirm(consequence: Consequence): Finding {
    const parameters = this.#parameters;
    // Nodes of later steps than such parameters are their consequence.
    const nodes = [...this.#refuted, ...(parameters === undefined ? this.#nodes : [])];
    const [first] = nodes;
    this.#nodes = [];
    this.#parameters = undefined;
    if (first !== undefined) {
      const ofStep = nodes.filter(({ step, kind }) => step === first.step && kind === first.kind);
      this.#refuted = [];
      return wrongSum(first, ofStep.length - 1, consequence);
    }
    if (parameters === undefined) throw new RangeError('Cannot confirm a suspicion: none found');
    return differentParameters(parameters, 'others');
  }

  /** Nothing more will tell. */
  giveUp(): readonly Finding[] {
    const findings = [...this.#refuted.map(alteredContribution), ...this.#nodes.map(differentContribution)];
    if (this.#parameters !== undefined) findings.push(differentParameters(this.#parameters, 'unknown'));
    this.#refuted = this.#nodes = [];
    this.#parameters = undefined;
    return findings;
  }
}

function jobOf({ kind, step, node }: NodeSuspicion): string {
  return `${kind === 'train' ? `Step ${step}` : `Evaluation after ${step} steps`}, ${describeNode(node)}`;
}

function digestsOf({ found, wanted }: Pick<NodeSuspicion, 'found' | 'wanted'>, verb: string): string {
  return `digest ${shortDigest(found)} ${verb}, ${shortDigest(wanted)} computed`;
}

const partsOf = ({ step, node, worker, found, wanted }: NodeSuspicion) => ({ step, node, worker, found, wanted });

/** A node's record that is wrong where the run is right. */
export function alteredContribution(suspicion: NodeSuspicion): Finding {
  const right = suspicion.kind === 'train' ? 'the parameters after the step are right' : 'the sums of the evaluation are right';
  const conclusion = `but ${right}: the record was altered, not the run`;
  const message = `${jobOf(suspicion)} of worker ${suspicion.worker}: ${digestsOf(suspicion, 'logged')}; ${conclusion}`;
  return { type: 'altered-contribution', ...partsOf(suspicion), message };
}

/** A node's record of which nothing tells whether the run is right. */
export function differentContribution(suspicion: NodeSuspicion): Finding {
  const conclusion = 'no later record in range tells whether a wrong sum was committed';
  const message = `${jobOf(suspicion)} of worker ${suspicion.worker}: ${digestsOf(suspicion, 'logged')}; ${conclusion}`;
  return { type: 'different-contribution', ...partsOf(suspicion), message };
}

/** A wrong sum in the run itself. */
export function wrongSum(suspicion: NodeSuspicion, otherCount: number, { what, found, wanted }: Consequence): Finding {
  const others =
    otherCount === 0 ? '' : `, and ${otherCount} other ${otherCount === 1 ? 'node' : 'nodes'} of the step differ too`;
  const cause = `worker ${suspicion.worker} sent a wrong sum and it was committed`;
  const effect = `${what} differ with it: ${found} recorded, ${wanted} computed`;
  const message = `${jobOf(suspicion)}: ${cause}: ${digestsOf(suspicion, 'logged')}${others}; ${effect}`;
  return { type: 'wrong-sum', ...partsOf(suspicion), message };
}

function differentParameters(suspicion: ParametersSuspicion, ranOn: 'computed' | 'others' | 'unknown'): Finding {
  const { step, found, wanted, isSumLogged, lastAgreedStep } = suspicion;
  const since = step - lastAgreedStep > 1 ? ` (those after ${lastAgreedStep} steps agree)` : '';
  const sums = isSumLogged ? 'every logged sum agrees' : 'the sums of the step were not logged, so no tree node can be named';
  const conclusion = {
    computed: 'the run went on from those computed: the trajectory was altered, not the run',
    others: isSumLogged ? 'the run went on from others: its update was computed wrongly' : 'the run went on from others',
    unknown: 'no later record in range tells whether the trajectory was altered or the update computed wrongly',
  }[ranOn];
  const digests = `${shortDigest(found)} recorded, ${shortDigest(wanted)} computed`;
  const message = `Parameters after ${step} steps${since}: ${digests}; ${sums}; ${conclusion}`;
  return { type: ranOn === 'computed' ? 'altered-trajectory' : 'different-parameters', step, found, wanted, message };
}
