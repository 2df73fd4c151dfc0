// The names of all operations, as the decoder knows them.

import { operationFields } from '../../tensor/operation-fields.js';

/** Every operation's name. */
export const operationNames: readonly string[] = Object.keys(operationFields);
