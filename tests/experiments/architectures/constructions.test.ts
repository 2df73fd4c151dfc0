import { describe, expect, it } from 'vitest';
import { evaluateConstruction, type TeacherTask } from '../../../experiments/architectures/construction.js';
import { constructGru } from '../../../experiments/architectures/gru-construction.js';
import { constructLstm } from '../../../experiments/architectures/lstm-construction.js';
import { bindTask, drawTeacher, taskSchema } from '../../../learning/index.js';

const teacherTask = (options: object): TeacherTask => taskSchema.parse({ name: 'attention-teacher', ...options }) as TeacherTask;

const constructions = [
  { name: 'LSTM', construct: constructLstm, unitsOfPair: 4 },
  { name: 'GRU', construct: constructGru, unitsOfPair: 12 },
];

describe.each(constructions)('the constructed $name', ({ construct, unitsOfPair }) => {
  it(`has ${unitsOfPair} units for every pair of a value and a key`, () => {
    expect(construct(drawTeacher(0, 3, 8)).model.hidden).toBe(9 * unitsOfPair);
  });

  it.each([
    { dimension: 2, tokenCount: 8 },
    { dimension: 4, tokenCount: 16 },
    { dimension: 4, tokenCount: 16, teacherSeed: 5 },
  ])('imitates the teacher of %o to a normalized loss of 1e-5', (options) => {
    const task = teacherTask(options);
    expect(bindTask(task).shape.tokenCount).toBe(options.tokenCount);
    const found = evaluateConstruction(construct, task, 1024);
    expect(found).toBeLessThan(1e-5);
    expect(found).toBeGreaterThan(0);
  });
});
