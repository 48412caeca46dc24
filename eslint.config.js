import tseslint from 'typescript-eslint';
import { fences } from './.ci/fences.js';

const say = (selector, message) => ({ selector, message });

/** Habits that hold everywhere. */
const EVERYWHERE = [
  say('ExportDefaultDeclaration', 'export by name'),
  say('TSEnumDeclaration', 'use a union of words'),
  say('ExportAllDeclaration', 'no barrel: import from the file that has it'),
];

/** Habits of what is shipped. */
const SHIPPED = [
  ...EVERYWHERE,
  say(
    'NewExpression[callee.name="RegExp"]',
    'foreign patterns go through lib/probe/expect/pattern.ts (linear time)',
  ),
  say(
    'CatchClause > BlockStatement[body.length=0]',
    'an empty catch hides bugs: catch the one code that is expected',
  ),
];

/** The clock, the environment and randomness are parameters. */
const WORLD = [
  say('MemberExpression[object.name="process"][property.name="env"]', 'the environment is a parameter'),
  say('MemberExpression[object.name="Math"][property.name="random"]', 'randomness is a parameter'),
];

/** What makes a function depend on the moment in which it is called. */
const CLOCK = [
  say('MemberExpression[object.name="Date"][property.name="now"]', 'the time is in the result'),
  say('NewExpression[callee.name="Date"][arguments.length=0]', 'the time is in the result'),
  say('Identifier[name="performance"]', 'the time is in the result'),
];

const SOCKETS = [
  say('NewExpression[callee.name="Promise"]', 'raw promises around sockets live in lib/probe/wire'),
];

const restricted = (...lists) => ({ 'no-restricted-syntax': ['error', ...lists.flat()] });

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '**/generated/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { house: { rules: { fences } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...restricted(EVERYWHERE),
      'house/fences': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // a type parameter used once still names what a caller must agree on
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // no classes, so no `this` to lose: methods of our interfaces are closures
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
      eqeqeq: 'error',
      'no-control-regex': 'error',
      'no-empty': 'error',
    },
  },
  {
    files: ['cmd/**/*.ts', 'lib/**/*.ts', 'schema/**/*.ts'],
    rules: {
      ...restricted(SHIPPED),
      'no-console': 'error',
      'max-lines': ['error', { max: 220, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ['lib/**/*.ts'], rules: restricted(SHIPPED, WORLD) },
  { files: ['lib/probe/probers/**/*.ts'], rules: restricted(SHIPPED, WORLD, SOCKETS) },
  {
    files: ['lib/words/**/*.ts', 'lib/decide/**/*.ts', 'lib/schedule/**/*.ts'],
    rules: restricted(SHIPPED, WORLD, CLOCK),
  },
  {
    // tests read JSON of every shape, and say so with assertions
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  {
    // vitest asks for a default export
    files: ['*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
