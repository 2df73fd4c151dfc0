// node toolchain/run-beside.js SCRIPT… -- COMMAND…
// Runs scripts of package.json one after the other, and a command beside them. What the scripts print is shown when they are done, below
// what the command has said; the exit code is 0 if nothing failed.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

const isWindows = process.platform === 'win32';
const separator = process.argv.indexOf('--');
const scripts = process.argv.slice(2, separator);
const [command, ...words] = process.argv.slice(separator + 1);
if (separator < 3 || command === undefined) throw new Error('Cannot run: arguments SCRIPT… -- COMMAND… wanted');

/** The exit code of a process; 1 where it was killed. */
const exitCodeOf = (child) =>
  new Promise((resolve, reject) => child.on('error', reject).on('close', (exitCode) => resolve(exitCode ?? 1)));

/** Runs one script and keeps what it prints. */
async function runScript(script) {
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'], shell: isWindows });
  const [exitCode, ...printed] = await Promise.all([exitCodeOf(child), text(child.stdout), text(child.stderr)]);
  return { script, exitCode, printed: printed.join('') };
}

/** Runs all scripts, also after one that failed. */
async function runScripts() {
  const results = [];
  for (const script of scripts) results.push(await runScript(script));
  return results;
}

const [exitCode, results] = await Promise.all([
  exitCodeOf(spawn(command, words, { stdio: 'inherit', shell: isWindows })),
  runScripts(),
]);
for (const result of results) process.stdout.write(result.printed);
const failed = results.filter((result) => result.exitCode !== 0);
for (const { script } of failed) console.error(`npm run ${script} failed; see above.`);
process.exitCode = exitCode !== 0 ? exitCode : failed.length > 0 ? 1 : 0;
