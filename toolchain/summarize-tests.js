// node toolchain/summarize-tests.js RESULTS STATUS
// Prints "N passed, N failed" from the test runner's JSON and the exit status of the whole run; exits with 1 if anything failed.

import { existsSync, readFileSync } from 'node:fs';

const [file = '', status = '1'] = process.argv.slice(2);
const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { numPassedTests: 0, numFailedTests: 0 };
if (!existsSync(file)) console.log('No test ran: installation, types, lint or format failed before.');

const unexplained = status !== '0' && results.numFailedTests === 0;
const failed = results.numFailedTests + (unexplained ? 1 : 0);
console.log(`${results.numPassedTests} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
