// One stretch of work, from start to pause: a worker's shell with the browser's WebSocket and timers.

import { WorkerShell, type ShellParts } from '../../worker/index.js';
import { browserTimers } from './browser-timers.js';
import { connectOverBrowserWebSockets } from './websocket-connection.js';

/** What a stint needs. */
export type StintParts = Omit<ShellParts, 'connect' | 'timers'>;

/** Starts to work; the computer has been proved and ends with the stint. */
export function startStint(parts: StintParts): WorkerShell {
  const connect = connectOverBrowserWebSockets(parts.settings.times.welcomeMilliseconds);
  return new WorkerShell({ ...parts, connect, timers: browserTimers });
}
