// What a volunteer's browser remembers.

import { describe, expect, test } from 'vitest';
import {
  defaultChoices,
  recallChoices,
  rememberChoices,
  rememberedDays,
  type ChoiceStorage,
} from '../../browser-worker/page/choices.js';

const day = 24 * 60 * 60 * 1000;
const now = 1_700_000_000_000;
const chosen = { device: 'gpu', threadCount: 3, dutyPercent: 80, stopOnBattery: false, stopWhenHidden: true } as const;

function storage(content?: string): ChoiceStorage & { readonly values: Map<string, string> } {
  const values = new Map(content === undefined ? [] : [['starling-choices', content]]);
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

describe('recallChoices()', () => {
  test('gives what was chosen, for thirty days', () => {
    const place = storage();
    rememberChoices(place, chosen, now);
    expect(recallChoices(place, 8, now)).toEqual(chosen);
    expect(recallChoices(place, 8, now + rememberedDays * day)).toEqual(chosen);
    expect(recallChoices(place, 8, now + rememberedDays * day + 1)).toEqual(defaultChoices(8));
    expect(place.values.size).toBe(0);
  });

  test('never takes more processors than there are', () => {
    const place = storage();
    rememberChoices(place, chosen, now);
    expect(recallChoices(place, 2, now).threadCount).toBe(2);
  });

  test('lends half of the processors or of the graphics card when nothing was chosen', () => {
    expect([1, 2, 3, 8].map((count) => recallChoices(storage(), count, now).threadCount)).toEqual([1, 1, 1, 4]);
    expect(recallChoices(storage(), 8, now)).toMatchObject({ device: 'automatic', dutyPercent: 50 });
  });

  test.each([0, -10, 5, 110, 55, null])('takes no share of %s percent', (dutyPercent) => {
    const content = JSON.stringify({ ...chosen, savedAt: now, dutyPercent });
    expect(recallChoices(storage(content), 8, now)).toEqual({ ...chosen, dutyPercent: 50 });
  });

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[1]'],
    ['no time', '{"threadCount":2}'],
    ['a time to come', JSON.stringify({ ...chosen, savedAt: now + 1 })],
    [
      'other kinds',
      JSON.stringify({
        savedAt: now,
        device: 'quantum',
        threadCount: 0.5,
        dutyPercent: 33,
        stopOnBattery: 1,
        stopWhenHidden: 'no',
      }),
    ],
  ])('gives the usual choices when it finds %s', (_, content) => {
    expect(recallChoices(storage(content), 8, now)).toEqual(defaultChoices(8));
  });

  test('gives the usual choices when the browser stores nothing or refuses to', () => {
    const refuse = (): never => {
      throw new Error('denied');
    };
    const closed = { getItem: refuse, setItem: refuse, removeItem: refuse };
    expect(recallChoices(closed, 8, now)).toEqual(defaultChoices(8));
    expect(recallChoices(undefined, 8, now)).toEqual(defaultChoices(8));
    expect(() => rememberChoices(closed, chosen, now)).not.toThrow();
  });
});
