// node toolchain/mark-executable.js FILE
// The compiler writes no executable files; npx runs the command's file directly, so it has to be one.

import { chmodSync, existsSync } from 'node:fs';

const [file = ''] = process.argv.slice(2);
if (existsSync(file)) chmodSync(file, 0o755);
