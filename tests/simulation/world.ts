// A world: one run, its workers, the network between them, a disk, and what goes wrong. It ends when the run has, or when the system
// says why it cannot go on; and then everything that it left behind is compared with the serial trainer's.

import { RunError } from '../../coordinator/index.js';
import type { WorkerOutcome } from '../../worker/index.js';
import { Chance } from './chance.js';
import { Damage } from './damage.js';
import { describeFault, endOf, type Fault } from './faults.js';
import type { Lie } from './lies.js';
import { oracleFor, type Oracle, type RunShape } from './oracle.js';
import { SimulatedCoordinator, runFolder } from './simulated-coordinator.js';
import { SimulatedDisk, type CrashMoment, type DiskOperation, type Refusal } from './simulated-disk.js';
import { SimulatedNetwork } from './simulated-network.js';
import { SimulatedWorker, type WorkerTraits } from './simulated-worker.js';
import { noTrace, type Trace } from './trace.js';
import { injusticesOf, strikeWorker } from './worker-faults.js';
import { changesBetween, findFlaws, newestCheckpoint, readResult } from './verdict.js';
import { VirtualClock } from './virtual-clock.js';

/** Everything that a world is made from. */
export interface WorldPlan {
  readonly seed: number;
  readonly shape: RunShape;
  readonly workers: readonly WorkerTraits[];
  readonly faults: readonly Fault[];
  /** A stop at an operation that never comes is a flaw: whoever enumerates operations has missed it. */
  readonly everyStopStrikes?: boolean;
}

/** An operation on the coordinator's disk; numbered from 1 over all lives of the coordinator. */
export interface PerformedOperation {
  readonly number: number;
  readonly life: number;
  readonly operation: DiskOperation;
  readonly path: string;
}

/** How a world ended. */
export interface WorldResult {
  readonly outcome: 'completed' | 'refused';
  /** The system's own words where it refused to go on. */
  readonly refusal: string | undefined;
  /** What should not have happened; empty in a good world. */
  readonly flaws: readonly string[];
  readonly virtualMilliseconds: number;
  readonly eventCount: number;
  readonly diskOperations: readonly PerformedOperation[];
  readonly coordinatorLives: number;
}

/** How a world is run. */
export interface WorldOptions {
  readonly trace?: (now: () => number) => Trace;
}

// Once nothing goes wrong any more, a run must end within so many times the time that all of it takes undisturbed, and a minute.
const patienceFactor = 5;
const patienceMilliseconds = 60_000;
// What workers get to leave when a run was stopped; how long a process lives on whose folder is closed; and when one comes back.
const farewellMilliseconds = 500;
const [lingerMilliseconds, restartMilliseconds] = [50, 2000];
const eventLimit = 2_000_000;

/** Lets a world run to its end. */
export function runWorld(plan: WorldPlan, options: WorldOptions = {}): Promise<WorldResult> {
  return new World(plan, options).run();
}

/** How long a run takes when nothing goes wrong, about. */
export function expectedMilliseconds({ shape, workers }: Pick<WorldPlan, 'shape' | 'workers'>): number {
  const rate = workers.reduce((sum, one) => sum + one.threadCount / one.millisecondsPerMicrobatch, 0);
  return shape.steps * (shape.microbatches / rate + 8);
}

type StopAtOperation = Extract<Fault, { readonly type: 'stopped-at-operation' }>;
const isStop = (fault: Fault): fault is StopAtOperation => fault.type === 'stopped-at-operation';

/** Lets everything happen that waits for a promise. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

class World {
  readonly #plan: WorldPlan;
  readonly #oracle: Oracle;
  readonly #clock = new VirtualClock();
  readonly #chance: Chance;
  readonly #trace: Trace;
  readonly #network: SimulatedNetwork;
  readonly #disk = new SimulatedDisk();
  readonly #workers = new Map<string, SimulatedWorker>();
  readonly #lies = new Map<string, Lie>();
  readonly #flaws: string[] = [];
  #coordinator: SimulatedCoordinator | undefined;
  readonly #damage = new Damage();
  #lives = 0;
  #workerLives = 0;
  readonly #operations: PerformedOperation[] = [];
  readonly #struck = new Set<Fault>();
  #calendarOffset = 0;
  #diskRefuses: { readonly reason: Refusal['reason']; readonly until: number } | undefined;
  /** The step that a restart must not fall behind. */
  #safeStep = 0;
  /** The disk at the beginning of the coordinator's present life. */
  #before: ReadonlyMap<string, string> = new Map();
  /** When the last effect of a fault is over. */
  #lastEnd = 0;
  #pauseAfterStop = 0;
  #outcome: WorldResult['outcome'] | undefined;
  #refusal: string | undefined;

  constructor(plan: WorldPlan, { trace }: WorldOptions) {
    this.#plan = plan;
    this.#oracle = oracleFor(plan.shape);
    this.#chance = Chance.ofSeed(plan.seed);
    this.#trace = trace?.(() => this.#clock.now) ?? noTrace;
    this.#network = new SimulatedNetwork(this.#clock, this.#chance.fork(1), this.#trace);
  }

  async run(): Promise<WorldResult> {
    const { faults, workers } = this.#plan;
    for (const fault of faults) if ('at' in fault) this.#clock.after(fault.at, () => this.#strike(fault));
    this.#startCoordinator();
    for (const traits of workers) this.#startWorker(traits);
    this.#lastEnd = Math.max(0, ...faults.map(endOf));
    const patience = patienceMilliseconds + patienceFactor * expectedMilliseconds(this.#plan);
    let eventCount = 0;
    while (this.#outcome === undefined) {
      await settle();
      if (this.#clock.now > this.#lastEnd + patience || eventCount > eventLimit || !this.#clock.step()) {
        this.#flaws.push(
          `the run stands still at step ${this.#lastStep()}, ${Math.round(this.#clock.now / 1000)} s after its start`,
        );
        break;
      }
      eventCount += 1;
    }
    if (this.#outcome === 'completed') this.#flaws.push(...findFlaws(this.#disk, this.#oracle, this.#damage));
    if (this.#plan.everyStopStrikes === true) {
      const missed = faults.filter((fault) => isStop(fault) && !this.#struck.has(fault));
      this.#flaws.push(...missed.map((fault) => `never happened: ${describeFault(fault)}`));
    }
    return {
      outcome: this.#outcome ?? 'refused',
      refusal: this.#refusal,
      flaws: this.#flaws,
      virtualMilliseconds: this.#clock.now,
      eventCount,
      diskOperations: this.#operations,
      coordinatorLives: this.#lives,
    };
  }

  #startCoordinator(): void {
    this.#lives += 1;
    this.#before = this.#disk.picture();
    const life: SimulatedCoordinator = new SimulatedCoordinator({
      ...{ clock: this.#clock, network: this.#network, oracle: this.#oracle, trace: this.#trace },
      chance: this.#chance.fork(10_000 + this.#lives),
      disk: this.#disk.mount({
        onOperation: (operation, path) => this.#onDiskOperation(life, operation, path),
        crash: () => this.#stopAtOperation(life),
        wait: (milliseconds) => this.#waitForDisk(life, milliseconds),
      }),
      date: () => new Date(Date.UTC(2026, 0, 1) + this.#clock.now + this.#calendarOffset),
      onOpen: ({ firstStep, warnings }) => {
        if (firstStep < this.#safeStep && !this.#damage.isInState)
          this.#flaws.push(`the run went on at step ${firstStep}, though step ${this.#safeStep} was safe`);
        if (warnings.length > 0 && !this.#damage.isInState)
          this.#flaws.push(`a crash has damaged the run: ${warnings.join('; ')}`);
      },
      onTold: (outcome) => {
        if (outcome === 'stopped') return this.#leave(life);
        // Workers know that the run is over: whatever happens to the machine now, everything is on its disk.
        this.#endCoordinator(life, true);
        this.#outcome = 'completed';
      },
      onFault: (error) => this.#onFault(life, error),
    });
    this.#coordinator = life;
    void life.start();
  }

  /** The run cannot go on in this life. A disk that refuses is waited for; anything else is the system's last word. */
  #onFault(life: SimulatedCoordinator, error: unknown): void {
    if (life.process.isDead) return;
    const text =
      error instanceof RunError
        ? `${error.message} [${error.code}]`
        : `fault: ${String(error instanceof Error ? error.stack : error)}`;
    this.#trace('coordinator', 'says', () => text);
    if (error instanceof RunError && error.code === 'run-unwritable') return void this.#closeAndReturn(life, restartMilliseconds);
    this.#endCoordinator(life, false);
    this.#outcome = 'refused';
    this.#refusal = text;
    if (changesBetween(this.#before, this.#disk.picture())) this.#flaws.push(`a refusal has changed the run's folder: ${text}`);
    if (!(error instanceof RunError) || !this.#damage.isThere) this.#flaws.push(`the system refused to go on: ${text}`);
  }

  /** A run that was stopped has its result; a supervisor continues it. */
  #leave(life: SimulatedCoordinator): void {
    const found = readResult(this.#disk)?.outcome;
    if (found !== 'stopped') this.#flaws.push(`a stopped run's result says ${found ?? 'nothing'}`);
    life.process.after(farewellMilliseconds, () => void this.#closeAndReturn(life, this.#pauseAfterStop));
  }

  /** The process ends in good order, and comes back. */
  async #closeAndReturn(life: SimulatedCoordinator, milliseconds: number): Promise<void> {
    if (life.isClosing) return;
    this.#network.stopListening();
    await life.close();
    life.process.after(lingerMilliseconds, () => {
      this.#endCoordinator(life, false);
      this.#returnAfter(milliseconds);
    });
  }

  #returnAfter(milliseconds: number): void {
    this.#lastEnd = Math.max(this.#lastEnd, this.#clock.now + milliseconds);
    this.#clock.after(milliseconds, () => this.#startCoordinator());
  }

  #endCoordinator(life: SimulatedCoordinator, powerCut: boolean): void {
    if (life.process.isDead) return;
    this.#trace('coordinator', 'lives', () => 'is gone');
    life.process.kill();
    this.#network.stopListening();
    this.#safeStep = Math.max(this.#safeStep, newestCheckpoint(this.#disk, powerCut));
    if (powerCut) {
      this.#disk.crash(this.#crashChance());
    } else {
      this.#disk.release();
    }
  }

  /** Of its own for each operation: worlds of one seed that stop at different ones lose different things. */
  #crashChance(): Chance {
    return this.#chance.fork(100 + this.#lives).fork(this.#operations.length);
  }

  #onDiskOperation(life: SimulatedCoordinator, operation: DiskOperation, path: string): CrashMoment | Refusal | undefined {
    if (life.process.isDead) return 'before';
    this.#operations.push({ number: this.#operations.length + 1, life: this.#lives, operation, path });
    this.#trace('coordinator', 'disk', () => `${this.#operations.length} ${operation} ${path.slice(runFolder.length + 1)}`);
    const refusal = this.#refusalOf(operation);
    if (refusal !== undefined) return refusal;
    return this.#stopHere()?.moment;
  }

  /** A full disk takes a part of what is appended and may fail to sync; one that is read-only takes nothing. */
  #refusalOf(operation: DiskOperation): Refusal | undefined {
    const { reason, until } = this.#diskRefuses ?? { reason: 'ENOSPC', until: 0 };
    if (this.#clock.now >= until) return undefined;
    const chance = this.#chance.fork(8).fork(this.#operations.length);
    const isSync = operation === 'sync' || operation === 'sync-folder';
    if (reason === 'EROFS') return isSync ? undefined : { reason, writtenFraction: 0 };
    if (operation === 'remove' || (isSync && chance.happens(0.5))) return undefined;
    return { reason, writtenFraction: chance.fraction() };
  }

  /** The stop that is meant for the operation at hand. */
  #stopHere(): StopAtOperation | undefined {
    const count = this.#operations.length;
    return this.#plan.faults.filter(isStop).find(({ operation }) => operation === count);
  }

  #stopAtOperation(life: SimulatedCoordinator): void {
    const stop = this.#stopHere();
    if (stop === undefined || life.process.isDead) return;
    this.#struck.add(stop);
    this.#trace('coordinator', 'fault', () => describeFault(stop));
    this.#endCoordinator(life, stop.powerCut);
    this.#returnAfter(stop.returnsAfter);
  }

  #waitForDisk(life: SimulatedCoordinator, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      life.process.after(milliseconds, resolve);
    });
  }

  #startWorker(traits: WorkerTraits, workerId = `${++this.#workerLives}`.padStart(32, '0')): void {
    const life: SimulatedWorker = new SimulatedWorker(
      traits,
      {
        ...{ clock: this.#clock, network: this.#network, oracle: this.#oracle, trace: this.#trace, lies: this.#lies },
        chance: this.#chance.fork(1000 + this.#workerLives),
        onExit: (outcome) => this.#onWorkerExit(life, traits, outcome),
      },
      workerId,
    );
    this.#workers.set(traits.name, life);
  }

  /** A supervisor starts a worker again that has failed, or whose run was stopped. */
  #onWorkerExit(life: SimulatedWorker, traits: WorkerTraits, outcome: WorkerOutcome): void {
    life.process.kill();
    this.#flaws.push(...injusticesOf(this.#plan.faults, traits.name, outcome));
    const isOver = outcome.type === 'finished' && outcome.reason !== 'stopped';
    if (isOver || this.#workers.get(traits.name) !== life) return;
    this.#clock.after(1000, () => {
      if (this.#workers.get(traits.name) === life) this.#startWorker(traits);
    });
  }

  #strike(fault: Exclude<Fault, { readonly type: 'stopped-at-operation' }>): void {
    this.#trace('world', 'fault', () => describeFault(fault));
    if ('worker' in fault) {
      const worker = this.#workers.get(fault.worker);
      const start = (workerId?: string): void => {
        const traits = this.#plan.workers.find(({ name }) => name === fault.worker);
        if (traits !== undefined) this.#startWorker(traits, workerId);
      };
      const [clock, network, lies] = [this.#clock, this.#network, this.#lies];
      if (worker !== undefined) strikeWorker(fault, { clock, network, worker, lies, start });
      return;
    }
    const life = this.#coordinator;
    switch (fault.type) {
      case 'coordinator-killed':
        if (life === undefined || life.process.isDead) return;
        this.#endCoordinator(life, fault.powerCut);
        return this.#returnAfter(fault.returnsAfter);
      case 'coordinator-stopped':
        this.#pauseAfterStop = fault.returnsAfter;
        return life?.process.run(() => life.stop());
      case 'coordinator-frozen':
        life?.process.freeze();
        return this.#clock.after(fault.lasts, () => life?.process.thaw());
      case 'clock-jumps':
        return (fault.process === 'coordinator' ? life : this.#workers.get(fault.process))?.process.jumpForward(
          fault.milliseconds,
        );
      case 'calendar-set':
        this.#calendarOffset += fault.milliseconds;
        return;
      case 'disk-refuses':
        this.#diskRefuses = { reason: fault.reason, until: this.#clock.now + fault.lasts };
        return;
      case 'bit-flipped':
        return this.#damage.flipBit(this.#disk, fault.file, this.#chance.fork(7).fork(Math.floor(fault.at)));
    }
  }

  #lastStep(): number {
    const lines = Buffer.from(this.#disk.read(`${runFolder}/trajectory.jsonl`) ?? [])
      .toString('utf8')
      .trimEnd()
      .split('\n');
    return lines.length - 1;
  }
}
