import { type Converted, isTrue, left, type OptionRule, yesNo, yesNoOr } from './convert.ts';

/** An option that says how things are here anyway; with the other value they are so all the same. */
const always =
  (wanted: boolean, how: string) =>
  (value: string): Converted =>
    isTrue(value) === wanted ? { isSo: how } : { left: how };

const longestWaiting = (value: string): Converted => {
  const { value: name } = yesNoOr(['prio'])(value) as { value: string };
  if (name !== 'no') return { value: name };
  return {
    left: 'between queues of equal weight somebody has to go first: who has the higher priority, then who has waited longest (prio)',
  };
};

/** Of app_queue's two ways to record one is left; here the two sides of a conversation are recorded by themselves, too. */
export const monitorType = (value: string): Converted =>
  value.toLowerCase() === 'mixmonitor'
    ? { isSo: 'recordings are mixed unless recording.what says otherwise' }
    : { left: 'Asterisk knows MixMonitor alone since version 21; recording.what: apart has a file for each side' };

/** Options of queues.conf's [general]; settings are named from the top. */
export const GENERAL_OPTIONS: readonly OptionRule[] = [
  {
    names: ['persistentmembers', 'persistent_members'],
    setting: null,
    convert: always(true, 'members are rows of the database and always outlast a restart'),
  },
  { names: ['autofill'], setting: null, convert: () => ({ isSo: 'for every queue without an autofill of its own' }) },
  { names: ['monitor-type'], setting: null, convert: monitorType },
  { names: ['shared_lastcall'], setting: 'queueing.shared-last-call', convert: yesNo },
  {
    names: ['negative_penalty_invalid'],
    setting: null,
    convert: always(false, 'there are no negative penalties; members who have one are left, and named'),
  },
  {
    names: ['log_membername_as_agent'],
    setting: 'queueing.log-member-name-as-agent',
    convert: yesNo,
  },
  { names: ['log-caller-id-name'], setting: 'queueing.log-caller-id-name', convert: yesNo },
  { names: ['log-restricted-caller-id'], setting: 'queueing.log-restricted-caller-id', convert: yesNo },
  {
    names: ['force_longest_waiting_caller'],
    setting: 'queueing.force-longest-waiting-caller',
    convert: longestWaiting,
  },
  {
    names: ['log_unpause_on_reason_change'],
    setting: null,
    convert: left('a changed reason writes the line PAUSE alone'),
  },
  { names: ['updatecdr'], setting: null, convert: left("Asterisk's own call records are not changed") },
];
