// Name and version of this software, from the package it was started from.

import { readFileSync } from 'node:fs';

interface Package {
  readonly name: string;
  readonly version: string;
}

// Compiled files lie in dist/command-line/, two folders below the package.
const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Package;

/** The version, as in package.json. */
export const softwareVersion = version;
/** Name and version, as workers and run folders tell it: `starling 0.1.0`. */
export const software = `${name} ${version}`;
