#!/usr/bin/env node
// The `starling` command: arguments in, exit code out.

import { Command, CommanderError, Option } from 'commander';
import { describeConfiguration } from '../learning/index.js';
import { deviceNames } from '../node-worker/index.js';
import type { AnalyzeCommandOptions } from './analyze.js';
import { runBench, type BenchCommandOptions } from './bench.js';
import { runBisect, type BisectCommandOptions } from './bisect.js';
import { runCoordinator, type CoordinatorCommandOptions } from './coordinator.js';
import { codeOf, exitCodeOf, exitCodes, type ExitCode } from './exit-codes.js';
import { runExport, type ExportCommandOptions } from './export.js';
import { runDoctor, type DoctorCommandOptions } from './doctor.js';
import { batchSizes, integer, stepRange } from './option-values.js';
import { addPluginOption } from './plugins.js';
import { addReachOptions } from './serve-options.js';
import type { ReproduceCommandOptions } from './reproduce.js';
import { runResume, type ResumeCommandOptions } from './resume.js';
import { runSimulate, type SimulateCommandOptions } from './simulate.js';
import { softwareVersion } from './software.js';
import { runStudy, type StudyCommandOptions } from './study.js';
import { runTrain, type TrainCommandOptions } from './train.js';
import { runVerify, type VerifyCommandOptions } from './verify.js';
import { runWorker, type WorkerCommandOptions } from './worker.js';

const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

function helpOnExitCodes(): string {
  const meanings: readonly (readonly [ExitCode, string])[] = [
    [exitCodes.success, 'done'],
    [exitCodes.failure, 'something failed'],
    [exitCodes.usage, 'wrong arguments or configuration'],
    [exitCodes.diverged, 'the run diverged: its loss is no longer finite'],
    [exitCodes.stopped, 'the run was stopped; a checkpoint was written'],
    [exitCodes.busy, 'the port or the run folder is in use'],
    [exitCodes.refused, 'the coordinator cannot be reached or refuses this worker'],
    [exitCodes.different, 'verification found a difference or damage, or two runs differ'],
    [exitCodes.interrupted, 'interrupted twice'],
  ];
  return `\nExit codes:\n${meanings.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}\n`;
}

function helpOnConfiguration(): string {
  const rows = describeConfiguration().map(({ path, type, default: value, description }) => {
    const plain = type.replaceAll('`', '');
    return `  ${path}\n      ${description}${type === 'group' ? '' : `  (${plain}${value === undefined ? '' : `; default ${value}`})`}`;
  });
  return `\nConfiguration (YAML, or --set path=value):\n${rows.join('\n')}\n`;
}

interface Context {
  readonly finish: (code: ExitCode) => void;
}

/** What the worker on this machine computes with. */
function deviceOption(): Option {
  const meaning = 'what computes: threads, the GPU, both as two workers, or the GPU if it is real and exact';
  return new Option('--device <name>', meaning).choices([...deviceNames]).default('wasm');
}

function addRunOptions(command: Command): Command {
  return addReachOptions(addPluginOption(command))
    .option('--set <path=value>', 'change a field of the configuration; may be repeated', collect, [])
    .option('--out <folder>', 'folder of the run (default: runs/<name>-<time>)')
    .option('--resume', 'continue the run in the folder if there is one; needs --out', false)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--json', 'print one JSON object at the end and nothing else on standard output', false)
    .option('--quiet', 'no progress', false);
}

function defineTrain(program: Command, { finish }: Context): void {
  addRunOptions(program.command('train'))
    .description('Train on this machine: a coordinator and a local worker with a thread for each core.')
    .argument('[configurations...]', 'YAML files; several are trained one after the other and compared')
    .addOption(new Option('--threads <number>', 'threads of the local worker (default: all cores)').argParser(integer(0, 1024)))
    .addOption(deviceOption())
    .addOption(new Option('--port <number>', 'port to listen on; 0: any free one').argParser(integer(0, 65535)).default(0))
    .addHelpText('after', () => helpOnConfiguration() + helpOnExitCodes())
    .action(async (files: readonly string[], options: TrainCommandOptions) => finish(await runTrain(files, options)));
}

function defineCoordinator(program: Command, { finish }: Context): void {
  addRunOptions(program.command('coordinator'))
    .description('Serve a run: workers join it, and it ends by itself when the run is done.')
    .argument('[configuration]', 'YAML file')
    .addOption(new Option('--port <number>', 'port to listen on; 0: any free one').argParser(integer(0, 65535)).default(7117))
    .addHelpText('after', () => helpOnConfiguration() + helpOnExitCodes())
    .action(async (file: string | undefined, options: CoordinatorCommandOptions) => finish(await runCoordinator(file, options)));
}

function defineResume(program: Command, { finish }: Context): void {
  addReachOptions(addPluginOption(program.command('resume')))
    .description('Continue an interrupted run from its newest checkpoint, with the bits of a run that never was interrupted.')
    .argument('<run>', "the run's folder")
    .addOption(
      new Option('--threads <number>', 'threads of the local worker (default: all cores); 0: only serve').argParser(
        integer(0, 1024),
      ),
    )
    .addOption(deviceOption())
    .option('--host <address>', 'address to listen on (default: as before)')
    .addOption(
      new Option('--port <number>', 'port to listen on (default: as before); 0: any free one').argParser(integer(0, 65535)),
    )
    .option('--json', 'print one JSON object at the end and nothing else on standard output', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (run: string, options: ResumeCommandOptions) => finish(await runResume(run, options)));
}

function defineStudy(program: Command, { finish }: Context): void {
  addPluginOption(addReachOptions(program.command('study')))
    .description('Train a grid of runs, all at once on all workers; called again, it goes on where it was interrupted.')
    .argument('<file>', 'YAML file with name, base and grid')
    .option('--out <folder>', 'folder of the study (default: studies/<name>)')
    .addOption(
      new Option('--threads <number>', 'local workers, of one thread each (default: all cores); 0: only serve').argParser(
        integer(0, 1024),
      ),
    )
    .addOption(deviceOption())
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(new Option('--port <number>', 'port to listen on; 0: any free one').argParser(integer(0, 65535)).default(0))
    .option('--json', 'print one JSON object at the end and nothing else on standard output', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (file: string, options: StudyCommandOptions) => finish(await runStudy(file, options)));
}

function defineReproduce(program: Command, { finish }: Context): void {
  program
    .command('reproduce')
    .description("Train what is missing of one of the paper's experiments, measure it, and set it beside theory and paper.")
    .argument('<experiment>', 'E1 … E5')
    .option('--quick', 'short runs of few seeds, minutes on two cores: a first look, and labelled so', false)
    .option('--out <folder>', 'folder of studies; the report lies below it', 'studies')
    .option('--studies <folder>', "take the study files from a folder that is laid out as this package's experiments/ is")
    .addOption(new Option('--threads <number>', 'threads of the local worker (default: all cores)').argParser(integer(1, 1024)))
    .addOption(deviceOption())
    .option('--measure-only', 'train nothing: show what is there', false)
    .option('--record', 'write results and figures to experiments/results/, too', false)
    .option('--use-recorded', 'take runs that are recorded there as they are, and train only the others', false)
    .option('--json', 'print one JSON object at the end and nothing else on standard output', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (experiment: string, options: ReproduceCommandOptions) => {
      // Loaded only here: figures and experiments are not needed for anything else.
      const { runReproduce } = await import('./reproduce.js');
      finish(await runReproduce(experiment, options));
    });
}

function defineVerify(program: Command, { finish }: Context): void {
  addPluginOption(program.command('verify'))
    .description(
      'Compute a run again on one thread and compare it with its records: a difference is named by step and tree node.',
    )
    .argument('<run>', "the run's folder")
    .addOption(
      new Option('--steps <a..b>', 'only up to the state after b steps, from the newest checkpoint at a or before').argParser(
        stepRange,
      ),
    )
    .option('--json', 'print one JSON object at the end and nothing else on standard output', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (run: string, options: VerifyCommandOptions) => finish(await runVerify(run, options)));
}

function defineBisect(program: Command, { finish }: Context): void {
  program
    .command('bisect')
    .description('Find the first step and tree node at which two runs differ, and the differences in their configurations.')
    .argument('<a>', "one run's folder")
    .argument('<b>', "the other run's folder")
    .option('--json', 'print one JSON object and nothing else on standard output', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (a: string, b: string, options: BisectCommandOptions) => finish(await runBisect(a, b, options)));
}

function defineWorker(program: Command, { finish }: Context): void {
  program
    .command('worker')
    .description('Work for a coordinator until its run is over.')
    .argument('<url>', 'address of the coordinator, like ws://127.0.0.1:7117')
    .addOption(new Option('--threads <number>', 'compute threads (default: all cores)').argParser(integer(1, 1024)))
    .addOption(deviceOption())
    .addOption(
      new Option('--connect-timeout <seconds>', 'give up if the coordinator was never reached')
        .argParser(integer(1, 86400))
        .default(30),
    )
    .addOption(
      new Option('--reconnect-timeout <seconds>', 'give up if the coordinator is gone for so long (default: never)').argParser(
        integer(1, 31_536_000),
      ),
    )
    .option('--split', 'each thread as a worker of its own: for a study, whose runs then take one each', false)
    .option('--token-file <file>', 'file with the token that the coordinator wants (or STARLING_WORKER_TOKEN)')
    .option('--tls-cert <file>', 'trust this certificate of the coordinator, whatever name it is for')
    .option('--name <name>', 'name shown by the coordinator (default: host and process)')
    .option('--json', 'print one JSON object at the end', false)
    .option('--quiet', 'print nothing but errors', false)
    .addOption(new Option('--until-stdin-closes', 'end when standard input closes').default(false).hideHelp())
    .addHelpText('after', helpOnExitCodes)
    .action(async (url: string, options: WorkerCommandOptions) => finish(await runWorker(url, options)));
}

function defineSimulate(program: Command, { finish }: Context): void {
  program
    .command('simulate')
    .description('Run worlds in which machines, network and disk fail, each from a seed; every run must end with the same bits.')
    .addOption(new Option('--seed <number>', 'the first world').argParser(integer(0, Number.MAX_SAFE_INTEGER)).default(1))
    .addOption(new Option('--worlds <number>', 'how many worlds (default: 1000; 1 with --trace)').argParser(integer(1, 1e9)))
    .option('--crash-points', 'instead: stop before, amid and after every operation on the disk of one run', false)
    .option('--trace', 'print every event of each world; docs/simulation.md has the legend', false)
    .option('--stop', 'end at the first world that goes wrong', false)
    .option('--json', 'print one JSON object at the end', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (options: Omit<SimulateCommandOptions, 'worlds'> & { readonly worlds?: number }) => {
      finish(await runSimulate({ ...options, worlds: options.worlds ?? (options.trace ? 1 : 1000) }));
    });
}

function defineAnalyze(program: Command, { finish }: Context): void {
  addPluginOption(program.command('analyze'))
    .description('Read what a network has learned: one HTML report with figures, and its numbers as JSON.')
    .argument('<run>', "the run's folder")
    .option('--out <file>', "file to write (default: analysis-step-<step>.html in the run's folder)")
    .addOption(
      new Option('--step <number>', 'step whose checkpoint is wanted (default: the newest)').argParser(
        integer(0, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      new Option('--tolerance <percent>', 'how far the loss may rise by pruning').argParser(integer(0, 1000)).default(10),
    )
    .option('--json', 'print one JSON object', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (run: string, options: AnalyzeCommandOptions) => {
      // Loaded only here: the libraries of its figures are a third of all that there is to load.
      const { runAnalyze } = await import('./analyze.js');
      finish(await runAnalyze(run, options));
    });
}

function defineExport(program: Command, { finish }: Context): void {
  addPluginOption(program.command('export'))
    .description("Write a run's parameters as a safetensors file, which other tools open.")
    .argument('<run>', "the run's folder")
    .option('--out <file>', 'file to write (default: <name>-step-<step>.safetensors here)')
    .addOption(
      new Option('--step <number>', 'step whose checkpoint is wanted (default: the newest)').argParser(
        integer(0, Number.MAX_SAFE_INTEGER),
      ),
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (run: string, options: ExportCommandOptions) => finish(await runExport(run, options)));
}

function defineDoctor(program: Command, { finish }: Context): void {
  program
    .command('doctor')
    .description('Examine the devices of this machine: every operation beside the interpreter, which defines the bits.')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', helpOnExitCodes)
    .action(async (options: DoctorCommandOptions) => finish(await runDoctor(options)));
}

function defineBench(program: Command, { finish }: Context): void {
  program
    .command('bench')
    .description('Measure this machine: programs, peers, peaks and the coordinator, in one run, as ratios.')
    .option('--only <name>', 'measure only what has this in its name; may be repeated', collect, [])
    .option('--gpu', 'measure the GPU instead, beside PyTorch and JAX on it', false)
    .option('--study', 'measure a study of 64 runs instead, beside computing alone and PyTorch', false)
    .addOption(
      new Option('--batches <numbers>', 'sequences of a step on the GPU (default: 2048,8192,32768,131072,262144)').argParser(
        batchSizes,
      ),
    )
    .option('--record', 'write the table to benchmarks/results/', false)
    .option('--json', 'print one JSON object at the end', false)
    .action(async (options: BenchCommandOptions) => finish(await runBench(options)));
}

/** Runs the command line and gives the exit code. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.success;
  const context: Context = {
    finish: (code) => {
      exitCode = code;
    },
  };
  const program = new Command('starling')
    .description(
      'Trains gated recurrent networks and attention on in-context-learning tasks, on any machines, with the same bits.',
    )
    .version(softwareVersion)
    .exitOverride()
    .showHelpAfterError('(--help shows what is possible)');
  const running = [defineTrain, defineCoordinator, defineResume, defineWorker, defineStudy, defineReproduce];
  const examining = [defineVerify, defineBisect, defineAnalyze, defineExport, defineSimulate, defineDoctor, defineBench];
  for (const define of [...running, ...examining]) define(program, context);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, args.includes('--json'));
  }
}

function reportError(error: unknown, json: boolean): ExitCode {
  // Commander has printed help, version or its error already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  const message = error instanceof Error ? error.message : String(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: codeOf(error), message } })}\n`);
  process.stderr.write(`${message} [${codeOf(error)}]\n`);
  if (codeOf(error) === 'internal-error' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return exitCodeOf(error);
}

process.exitCode = await main(process.argv.slice(2));
