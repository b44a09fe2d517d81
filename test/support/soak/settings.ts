import { parseDocument } from 'yaml';

/** What a soak changes in the shipped configuration: short times, and a menu from which everybody comes into the queue. */
export function soakConfiguration(shipped: string): string {
  const document = parseDocument(shipped);
  for (const [path, value] of SETTINGS) document.setIn(path, value);
  return document.toString();
}

export const WRAP_UP_MS = 1_500;
export const RING_TIMEOUT_MS = 3_000;

const MENU = {
  prompt: 'queueapp/ivr_menu',
  wait: '2s',
  keys: { '1': 'soak-queue' },
  'wrong-key': 'queueapp/invalid_option',
  tries: 3,
  // Who is killed out of the menu hears it again, and need not press again to get on.
  nothing: 'soak-queue',
};

const SETTINGS: readonly (readonly [readonly string[], unknown])[] = [
  [['queues', 'support', 'ring-timeout'], `${RING_TIMEOUT_MS}ms`],
  [['queues', 'support', 'retry'], '1s'],
  [['queues', 'support', 'wrap-up'], `${WRAP_UP_MS}ms`],
  [['ivr', 'steps', 'soak-menu'], { menu: MENU }],
  [['ivr', 'steps', 'soak-hello'], { answer: true, silence: '300ms', next: 'soak-menu' }],
  [['ivr', 'steps', 'soak-queue'], { queue: 'support', next: 'dialplan' }],
  [['queues', 'support', 'strategy'], 'random'],
  [['xmpp', 'announce'], 'chosen'],
  // Made-up numbers, by which a caller whom an invariant names is found in the log.
  [['log', 'personal-data'], true],
];

/** Numbers that the dialplan knows besides: through the menu, straight into the queue, and a place to which calls are sent on. */
export const MENU_NUMBER = '7000';
export const QUEUE_NUMBER = '7001';

/**
 * While nobody is connected a call waits in the dialplan and tries again, as a company's fallback may: whoever is hung up on has been lost
 * by the application, and not by the dialplan.
 */
export function soakDialplan(): readonly (readonly [number: string, steps: readonly string[]])[] {
  const enter = (where: string): string[] => [
    `Stasis(queueapp,${where})`,
    `GotoIf($["$\{STASISSTATUS}" = "FAILED"]?4)`,
    'Hangup(38)',
    'Wait(0.2)',
    'Goto(1)',
  ];
  return [
    [MENU_NUMBER, enter('menu,soak-hello')],
    [QUEUE_NUMBER, enter('queue,support')],
  ];
}
