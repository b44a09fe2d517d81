import { queueName } from '../../../src/core/ids.ts';
import type { CollectStep, IvrDefinition, MenuStep, PlayStep } from '../../../src/core/ivr/flow-definition.ts';

/** A play step that says one prompt; the rest as overridden. */
export function playStep(overrides: Partial<PlayStep> & Pick<PlayStep, 'next'>): PlayStep {
  return { kind: 'play', answer: false, language: null, silenceMs: 0, prompt: [], tone: null, ...overrides };
}

/** The menu of A1. */
export function menuStep(overrides: Partial<MenuStep> = {}): MenuStep {
  return {
    kind: 'menu',
    prompt: ['sound:queueapp/ivr_menu'],
    waitMs: 3_000,
    keys: { 1: 'support', 2: 'sales' },
    wrongKey: ['sound:queueapp/invalid_option'],
    tries: 3,
    nothing: 'reception',
    ...overrides,
  };
}

/** The code of A2. */
export function collectStep(overrides: Partial<CollectStep> = {}): CollectStep {
  return {
    kind: 'collect',
    prompt: ['sound:queueapp/inform_code'],
    digits: 4,
    endKey: '#',
    firstDigitMs: 5_000,
    betweenDigitsMs: 3_000,
    tries: 3,
    lookup: 'customer-by-code',
    invalid: ['sound:queueapp/invalid_code'],
    again: ['sound:queueapp/try_again'],
    found: 'support-queue',
    failed: 'goodbye',
    unavailable: 'support-queue',
    ...overrides,
  };
}

/** The IVR of A1 and A2. */
export const shippedIvr: IvrDefinition = {
  start: 'welcome',
  calendars: {},
  steps: {
    welcome: playStep({ answer: true, silenceMs: 1_000, prompt: ['sound:queueapp/welcome'], next: 'main' }),
    main: menuStep(),
    support: collectStep(),
    'support-queue': {
      kind: 'queue',
      queue: queueName('support'),
      prompt: ['sound:queueapp/support_team'],
      next: 'dialplan',
    },
    sales: dialStep('2000'),
    reception: dialStep('3000'),
    unavailable: playStep({ prompt: ['sound:queueapp/unavailable'], next: 'goodbye' }),
    goodbye: playStep({
      prompt: ['sound:queueapp/bye'],
      tone: { name: 'congestion', lengthMs: 4_000 },
      next: 'hangup',
    }),
  },
};

function dialStep(extension: string) {
  return {
    kind: 'dial',
    extension,
    ringTimeoutMs: 30_000,
    noAnswer: 'unavailable',
    busy: 'unavailable',
    unreachable: 'unavailable',
    ended: 'hangup',
  } as const;
}
