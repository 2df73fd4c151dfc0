// What can be continued and what cannot: starling resume, and --resume.

import { readdirSync, readFileSync, rmSync, writeFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkpointSteps, filesOf } from '../coordinator/run-files.js';
import { killAll, run, start, startIn, until } from './command.js';
import { temporaryFolder } from './configurations.js';
import { expectWhole, newRun, resume, worker } from './continued-run.js';
import { serve } from './served-run.js';

afterEach(killAll);

describe('Ctrl-C', () => {
  it('once ends in good order what has only just begun to listen', async () => {
    const { file, out } = newRun();
    const preload = join(temporaryFolder(), 'interrupted-when-listening.mjs');
    writeFileSync(
      preload,
      `import { Server } from 'node:net';
      const { listen } = Server.prototype;
      Server.prototype.listen = function (...place) {
        this.once('listening', () => process.kill(process.pid, 'SIGINT'));
        return listen.apply(this, place);
      };`,
    );
    const { exitCode, signal, stdout } = await startIn({ preload }, ['coordinator', file, '--port', '0', '--out', out, '--json'])
      .finished;
    expect({ exitCode, signal }).toEqual({ exitCode: 4, signal: null });
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'stopped', steps: 0 });
    await resume(out);
  });
});

it('a worker that knocks while a run is being opened is answered, and keeps no coordinator from its end', async () => {
  const { file, out } = newRun();
  const first = start(['train', file, '--threads', '1', '--out', out, '--quiet', '--set', 'training.steps=100000']);
  await until('there is something to read', () => ((checkpointSteps(out)[0] ?? 0) > 1000 ? true : undefined));
  first.process.kill('SIGKILL');
  await first.finished;
  const preload = join(temporaryFolder(), 'knocked-at.mjs');
  writeFileSync(
    preload,
    `import { connect, Server } from 'node:net';
    const { listen } = Server.prototype;
    const request = ['GET / HTTP/1.1', 'Host: 127.0.0.1', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''].join('\\r\\n');
    let isListening = false;
    Server.prototype.listen = function (...place) {
      this.once('listening', () => {
        if (isListening) return;
        isListening = true;
        const { port } = this.address();
        let count = 0;
        const knock = () => {
          // Whoever is not answered waits for ever.
          const socket = connect(port, '127.0.0.1', () => socket.write(request));
          socket.once('data', () => socket.destroy()).on('error', () => undefined);
          if (++count < 200) setTimeout(knock, 2);
          else setTimeout(() => process.kill(process.pid, 'SIGINT'), 500);
        };
        knock();
      });
      return listen.apply(this, place);
    };`,
  );
  const { exitCode, signal } = await startIn({ preload }, ['resume', out, '--threads', '0', '--port', '0', '--json']).finished;
  expect({ exitCode, signal }).toEqual({ exitCode: 4, signal: null });
});

describe('--resume', () => {
  it('refuses a folder whose run has another configuration, and names the difference', async () => {
    const { file, out } = newRun();
    expect((await run(['train', file, '--threads', '1', '--out', out, '--set', 'training.steps=3'])).exitCode).toBe(0);
    const before = filesOf(out);
    for (const command of [
      ['train', file, '--threads', '1'],
      ['coordinator', file, '--port', '0'],
    ]) {
      const { exitCode, stderr } = await run([
        ...command,
        '--out',
        out,
        '--set',
        'seed=6',
        '--set',
        'training.steps=3',
        '--resume',
      ]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/Cannot continue run .*: seed.*5 found, 6 wanted.* \[run-different\]/);
    }
    expect(filesOf(out)).toEqual(before);
  });
});

describe('starling resume', () => {
  it('refuses a run that another coordinator is at work on, and does not disturb it', async () => {
    const { file, out } = newRun();
    const { command, address } = await serve(['coordinator', file, '--port', '0', '--out', out, '--json']);
    for (const more of [[], ['--port', '0']]) {
      const { exitCode, stderr } = await run(['resume', out, ...more]);
      expect(exitCode).toBe(5);
      expect(stderr).toMatch(/another coordinator is at work .*\[run-locked\]/);
    }
    worker(address);
    expectWhole(await command.finished, out);
  });

  it('refuses a run of a newer version in one line', async () => {
    const { file, out } = newRun();
    expect((await run(['train', file, '--threads', '1', '--out', out, '--set', 'training.steps=3'])).exitCode).toBe(0);
    const manifest = join(out, 'run.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"format": 2', '"format": 3'));
    const { exitCode, stderr } = await run(['resume', out]);
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/written by a newer version \[run-version\]$/)]);
  });

  it('has no run to continue where a coordinator was killed while it made the folder; a new run can be started there', async () => {
    const { file, out } = newRun();
    const args = ['coordinator', file, '--port', '0', '--out', out, '--json'];
    const first = await serve(args);
    first.command.process.kill('SIGKILL');
    await first.command.finished;
    // What a kill before the last act of making the folder leaves.
    const left = ['lock', 'programs', 'checkpoints', 'contributions.jsonl', 'trajectory.jsonl'];
    for (const name of readdirSync(out)) if (!left.includes(name)) rmSync(join(out, name));
    for (const name of left.slice(-2)) truncateSync(join(out, name));
    expect((await run(['resume', out])).stderr).toMatch(/\[run-absent\]/);
    const second = await serve(args);
    worker(second.address);
    expectWhole(await second.command.finished, out);
  });
});
