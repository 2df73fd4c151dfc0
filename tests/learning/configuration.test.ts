import { describe, expect, it } from 'vitest';
import { ConfigurationError, parseRunConfig } from '../../learning/index.js';

const smallest = { name: 'small', task: { name: 'in-context-regression' }, model: { name: 'gated-rnn' } };

function errorOf(raw: unknown): ConfigurationError {
  try {
    parseRunConfig(raw);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
  }
  throw new Error('Cannot read the error of a configuration: none found, one wanted');
}

describe('parseRunConfig()', () => {
  it('fills in every default', () => {
    const config = parseRunConfig(smallest);
    expect(config.task).toMatchObject({
      contextLength: 12,
      inputs: { law: 'uniform', bound: Math.sqrt(3) },
      weightVariance: null,
    });
    expect(config.model).toMatchObject({ hidden: 80, layers: 1 });
    expect(config.optimizer).toMatchObject({ name: 'adamw', schedule: 'cosine' });
    expect(config.training.microbatchSize % 8).toBe(0);
  });

  it('gives the same when a filled-in configuration is parsed again', () => {
    const config = parseRunConfig(smallest);
    expect(parseRunConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  it.each([
    [{ ...smallest, modle: 1 }, 'modle: an unknown key found, none wanted'],
    [{ ...smallest, model: { name: 'gated-rnn', hiden: 3 } }, 'model.hiden: an unknown key found, none wanted'],
    [{ ...smallest, model: { name: 'gated-rnn', hidden: 'many' } }, 'model.hidden: "many" found, a number wanted'],
    [{ ...smallest, model: { name: 'gated-rnn', hidden: 2.5 } }, 'model.hidden: 2.5 found, a whole number wanted'],
    [{ ...smallest, model: { name: 'gated-rnn', hidden: 0 } }, 'model.hidden: 0 found, at least 1 wanted'],
    [
      { ...smallest, model: { name: 'gated-rnn', decay: { minimum: 0.9, maximum: 0.1 } } },
      'model.decay.minimum: 0.9 found, a minimum that is not above the maximum wanted',
    ],
    [
      { ...smallest, model: { name: 'transformer' } },
      'model.name: "transformer" found, gated-rnn, side-gated-rnn, dense-gated-rnn, windowed-gated-rnn, linear-attention, softmax-attention, gated-linear-attention, delta-net, lru, rg-lru, selective-ssm, lstm or gru wanted',
    ],
    [{ ...smallest, training: { microbatchSize: 60 } }, 'training.microbatchSize: 60 found, a multiple of 8 wanted'],
    [
      { ...smallest, optimizer: { name: 'sgd', schedule: 'step' } },
      'optimizer.schedule: "step" found, constant, linear or cosine wanted',
    ],
    [{ ...smallest, training: [] }, 'training: a list found, a group of fields wanted'],
    [{ ...smallest, training: { curriculum: {} } }, 'training.curriculum: a group of fields found, a list wanted'],
    [{ ...smallest, name: 'a b' }, 'name: "a b" found, a name of letters, digits and . _ / - wanted'],
    [{ name: 'x', task: smallest.task }, 'model: nothing found, a group of fields wanted'],
    [null, 'the whole: null found, a group of fields wanted'],
  ])('says in one line where, what was found and what was wanted (%#)', (raw, wanted) => {
    const { message, code } = errorOf(raw);
    expect(message).toBe(`Cannot accept configuration: ${wanted}`);
    expect(code).toBe('configuration-invalid');
  });

  it('counts what else is wrong, and lists all of it for those who know the lines of a file', () => {
    const { message, issues } = errorOf({ ...smallest, seed: -1, stray: 1 });
    expect(message).toMatch(/ \(and 1 more\)$/);
    expect(issues.map(({ path, unknownKey }) => [path.join('.'), unknownKey])).toEqual([
      ['seed', false],
      ['stray', true],
    ]);
  });
});
