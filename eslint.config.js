import javascript from '@eslint/js';
import { defineConfig } from 'eslint/config';
import typescript from 'typescript-eslint';

const folders =
  'analysis|backends|benchmarks|browser-worker|command-line|coordinator|experiments|learning|live-page|node-worker|protocol|tensor|worker';

/** Folders without a platform: time, chance and I/O come in as arguments. */
const pure = ['tensor', 'protocol', 'backends', 'learning', 'analysis', 'coordinator', 'worker'].map(
  (folder) => `${folder}/**/*.ts`,
);

/** Folders whose numbers are the same on every engine. */
const portable = pure.filter((pattern) => !pattern.startsWith('analysis'));

/** Where a clock, timers, the process and its environment may be touched. */
const shell = [
  'coordinator/shell/**',
  'node-worker/**',
  'browser-worker/**',
  'live-page/**',
  'command-line/**',
  'experiments/**',
  'benchmarks/**',
  'tests/**',
];

/** Inner loops over flat arrays: an index is in range by construction, and a check there costs. */
const kernels = [
  'tensor/**/*.ts',
  'backends/**/*.ts',
  'learning/**/*.ts',
  'analysis/**/*.ts',
  'benchmarks/**/*.ts',
  'tests/**/*.ts',
];

const engineMathematics =
  'acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp expm1 hypot log log10 log1p log2 pow sin sinh tan tanh'.split(' ');

const noEventEmitters = ['node:events', 'events'].map((name) => ({
  name,
  importNames: ['EventEmitter', 'default'],
  message: 'Control flow is an exhaustive switch, never event subscriptions.',
}));
const throughTheFace = {
  regex: `^(\\.\\./)+(${folders})/(?!(.*/)?index\\.js$)`,
  message: "Import another folder through its face, 'index.js'.",
};
const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Export by name.' };
const noEnum = { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' };
const noNamespace = { selector: 'TSModuleDeclaration', message: 'A file is the unit of structure.' };
// A power of two is exact everywhere.
const noPowerOperator = {
  selector: "BinaryExpression[operator='**']:not([left.value=2])",
  message: 'Its bits depend on the engine.',
};

export default defineConfig(
  { ignores: ['dist/', 'runs/', '.cache/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  javascript.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [typescript.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/array-type': ['error', { default: 'array' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      // 'return add(…)' of a void function keeps the branches of an exhaustive switch in one line each.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-imports': ['error', { paths: noEventEmitters, patterns: [throughTheFace] }],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Chance comes from a seed.' }],
      'no-restricted-syntax': ['error', noDefaultExport, noEnum, noNamespace],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
    },
  },
  {
    files: portable,
    ignores: ['coordinator/shell/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Chance comes from the seed of the run.' },
        ...engineMathematics.map((property) => ({ object: 'Math', property, message: 'Its bits depend on the engine.' })),
      ],
      'no-restricted-syntax': ['error', noDefaultExport, noEnum, noNamespace, noPowerOperator],
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    ignores: shell,
    rules: {
      'no-restricted-globals': [
        'error',
        ...['Date', 'performance', 'process', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
          name,
          message: 'It comes in as an argument: only the shell touches the platform.',
        })),
      ],
    },
  },
  {
    // The compiler refuses every other forbidden import; this one it lets through, because protocol/ references tensor/.
    files: ['live-page/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: noEventEmitters,
          patterns: [throughTheFace, { regex: '/tensor/', message: 'The page knows the protocol alone.' }],
        },
      ],
    },
  },
  { files: kernels, rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  { files: ['command-line/**/*.ts', 'benchmarks/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['**/*.d.ts'], rules: { 'no-restricted-syntax': 'off', 'no-restricted-globals': 'off' } },
  {
    files: ['tests/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
);
