// node toolchain/draw-run.js RUN FILE.svg
// Draws a run's losses over its steps, with the optimum of theory, from the folder that the run left behind.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const pointCount = 400;

/** Geometric means over equal portions of a logarithmic axis: a curve that can be drawn. */
function thin(points) {
  const last = Math.log(points.at(-1)?.step ?? 1);
  const portions = new Map();
  for (const point of points) {
    const portion = Math.floor((pointCount * Math.log(point.step)) / last);
    portions.set(portion, [...(portions.get(portion) ?? []), point]);
  }
  const mean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
  return [...portions.values()].map((portion) => ({
    step: mean(portion.map(({ step }) => step)),
    loss: mean(portion.map(({ loss }) => loss)),
  }));
}

/** The SVG of a run's metrics. */
function draw(lines) {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const training = lines.flatMap(({ type, step, loss }) => (type === 'step' && loss !== undefined ? [{ step, loss }] : []));
  const evaluations = lines.flatMap(({ step, summary }) => (summary === undefined ? [] : [{ step, ...summary }]));
  const optimum = evaluations.at(-1)?.optimum ?? null;
  const theory =
    optimum === null ? [] : [{ step: 1, optimum, label: `theory: one optimal step of gradient descent, ${optimum.toFixed(4)}` }];
  const tested = evaluations.map(({ step, testLoss }) => ({ step: Math.max(1, step), testLoss }));
  const figure = Plot.plot({
    document,
    width: 760,
    height: 360,
    marginLeft: 56,
    marginBottom: 44,
    style: { background: 'white', color: '#222', font: '13px sans-serif' },
    x: { type: 'log', label: 'optimizer step', grid: true, ticks: 5, tickFormat: (step) => step.toLocaleString('en-US') },
    y: {
      type: 'log',
      label: 'half the mean squared error per output',
      grid: true,
      ticks: [0.1, 0.2, 0.3, 0.5],
      tickFormat: String,
      domain: [0.08, 0.7],
    },
    marks: [
      Plot.line(thin(training), { x: 'step', y: 'loss', stroke: '#7aa6d8', strokeWidth: 1.2 }),
      Plot.ruleY(theory, { y: 'optimum', stroke: '#c03', strokeDasharray: '6 4' }),
      Plot.text(theory, { x: 'step', y: 'optimum', text: 'label', fill: '#c03', textAnchor: 'start', dy: 12, dx: 4 }),
      Plot.dot(tested, { x: 'step', y: 'testLoss', fill: '#123a66', r: 4 }),
      Plot.text(tested.slice(-1), { x: 'step', y: 'testLoss', text: () => 'held-out loss', dy: -14, dx: -36, fill: '#123a66' }),
      Plot.text(tested.slice(0, 1), { x: 'step', y: 'testLoss', text: () => 'untrained', dx: 34, dy: -16, fill: '#123a66' }),
    ],
  });
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return figure.outerHTML;
}

const [run, file] = process.argv.slice(2);
if (run === undefined || file === undefined) throw new Error('Cannot draw: arguments RUN FILE.svg wanted');
const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
writeFileSync(file, `${draw(lines)}\n`);
