/** What our code may not use, each with what to use instead: the message is read by whoever just broke the rule. */

/** @nestjs/event-emitter wraps @OnEvent listeners and only logs what they throw: a failed roll-up would commit. */
export const BUS = [
  {
    name: '@nestjs/event-emitter',
    importNames: ['OnEvent'],
    message: 'Errors of its listeners are swallowed. Subscribe with the decorators of src/events instead.',
  },
];

/** Who holds the emitter can emit without a transaction and without a row in the event log. */
export const EMITTER = [
  {
    name: '@nestjs/event-emitter',
    importNames: ['EventEmitter2'],
    message: 'Only src/events talks to the emitter. Publish and subscribe through the EventBus of src/events.',
  },
  {
    name: 'eventemitter2',
    message: 'Only src/events talks to the emitter. Publish and subscribe through the EventBus of src/events.',
  },
];

const INJECT_CONFIG = 'Settings are parsed once, in src/config: inject CONFIG (`@Inject(CONFIG) config: Config`).';

export const ENVIRONMENT = {
  property: { object: 'process', property: 'env', message: INJECT_CONFIG },
  paths: ['process', 'node:process'].map((name) => ({ name, importNames: ['env'], message: INJECT_CONFIG })),
};

const PASS_TIME = 'Domain code has no clock: take `now: Date` as an argument.';
const PASS_RANDOM = 'Domain code has no chance: take the random number as an argument.';

/** `x!` on anything but an index, such as `map.get(id)!`. */
export const UNSURE = {
  selector: "TSNonNullExpression:not([expression.type='MemberExpression'][expression.computed=true])",
  message: 'Say what happens when it is missing: throw an error that explains, or handle the case.',
};

/** Domain code decides the same for the same arguments, whenever and wherever it runs (D2). */
export const AMBIENT = {
  properties: [
    { object: 'Date', property: 'now', message: PASS_TIME },
    { object: 'performance', property: 'now', message: PASS_TIME },
    { object: 'process', property: 'hrtime', message: PASS_TIME },
    { object: 'Math', property: 'random', message: PASS_RANDOM },
    { object: 'crypto', property: 'randomUUID', message: PASS_RANDOM },
  ],
  syntax: [
    // With an argument it only reads a time, which is pure.
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: PASS_TIME },
    { selector: "CallExpression[callee.name='Date']", message: PASS_TIME },
  ],
  globals: ['setTimeout', 'setInterval', 'setImmediate', 'fetch'].map((name) => ({
    name,
    message: 'Domain code neither waits nor talks: return a decision and let a service act on it.',
  })),
};

export const DOMAIN_IMPORTS = [
  {
    group: ['@nestjs/*', 'typeorm', 'typeorm/*', 'pg', 'rxjs', 'pino', 'undici', 'amqplib'],
    message: 'Domain code knows no framework: let a service load, ask the domain, and save.',
  },
];

const WAIT_FOR_IT = 'A sleep is too long on a good day and too short on a bad one: wait with eventually(probe).';

export const SLEEPS = {
  syntax: [
    { selector: "NewExpression[callee.name='Promise'] CallExpression[callee.name='setTimeout']", message: WAIT_FOR_IT },
  ],
  paths: ['timers/promises', 'node:timers/promises'].map((name) => ({
    name,
    importNames: ['setTimeout'],
    message: WAIT_FOR_IT,
  })),
};
