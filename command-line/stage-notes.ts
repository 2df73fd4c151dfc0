// What a person is told of the stages of a curriculum: a line when training has come to one.

import { stageAt, type TrainingPlan } from '../learning/index.js';

/** Takes the steps that training has come to, and notes each stage once; of a run without a curriculum nothing. */
export function stageNotes(plan: TrainingPlan, note: (text: string) => void): (step: number) => void {
  const { stages } = plan;
  let noted = -1;
  return (step) => {
    const index = stages.indexOf(stageAt(plan, step));
    if (stages.length === 1 || index === noted) return;
    noted = index;
    note(`  step ${stages[index]?.fromStep ?? 0}: stage ${index + 1} of ${stages.length}`);
  };
}
