// An executable whose flat outputs are wrong on purpose.

import type { Executable } from '../tensor/index.js';

/** The executable with what `alter` does to the outputs of each run. */
export function withAlteredOutputs(executable: Executable, alter: (outputs: Float32Array) => void): Executable {
  const { inputLength, outputLength, inputs, outputs: views } = executable;
  return {
    ...{ inputLength, outputLength, inputs, outputs: views },
    prepare: () => executable.prepare(),
    load: (...parts) => executable.load(...parts),
    hasFiniteOutputs: () => executable.hasFiniteOutputs(),
    run: (microbatch, outputs = new Float32Array(outputLength)) => {
      executable.run(microbatch, outputs);
      alter(outputs);
    },
  };
}
