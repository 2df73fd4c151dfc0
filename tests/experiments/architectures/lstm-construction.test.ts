import { describe, expect, it } from 'vitest';
import { constructLstm, constructedLoss } from '../../../experiments/architectures/lstm-construction.js';
import { bindTask, drawTeacher, taskSchema, type TaskOptions } from '../../../learning/index.js';

type TeacherTask = Extract<TaskOptions, { readonly name: 'attention-teacher' }>;
const teacherTask = (options: object): TeacherTask => taskSchema.parse({ name: 'attention-teacher', ...options }) as TeacherTask;

describe('constructLstm()', () => {
  it('has four units for every pair of a value and a key', () => {
    expect(constructLstm(drawTeacher(0, 3, 8)).hidden).toBe(36);
  });

  it.each([
    { dimension: 2, tokenCount: 8 },
    { dimension: 4, tokenCount: 16 },
    { dimension: 4, tokenCount: 16, teacherSeed: 5 },
  ])('imitates the teacher of %o to a normalized loss of 1e-5', (options) => {
    const task = teacherTask(options);
    expect(bindTask(task).shape.tokenCount).toBe(options.tokenCount);
    const loss = constructedLoss(task, 2048);
    expect(loss).toBeLessThan(1e-5);
    expect(loss).toBeGreaterThan(0);
  });
});
