import { type FlowResult, reduceFlow, startFlow } from '../../../src/core/ivr/flow.ts';
import type { IvrDefinition } from '../../../src/core/ivr/flow-definition.ts';
import type {
  DialOutcome,
  FlowEffect,
  FlowEvent,
  FlowLookupResult,
  FlowState,
} from '../../../src/core/ivr/flow-state.ts';
import type { Customer } from '../../../src/core/people.ts';

/** The customer of a `found`. */
export const company1: Customer = { id: '1', name: 'Company 1', code: '1111', fields: {} };

/**
 * Leads the machine by words and answers with what it wants done, in words: `key 1`, `said`, `said nothing` (failed),
 * `time`, `found`, `not-found`, `unavailable`, `talked`, `busy` …, `leave`, `pause 500` (milliseconds pass).
 */
export class FlowDriver {
  readonly #definition: IvrDefinition;
  #state: FlowState;
  #atMs: number;
  readonly beginning: string[];

  constructor(definition: IvrDefinition, step = definition.start, atMs = 1_000_000) {
    this.#definition = definition;
    this.#atMs = atMs;
    const { state, effects } = startFlow(definition, step, atMs);
    this.#state = state;
    this.beginning = effects.map(inWords);
  }

  get state(): FlowState {
    return this.#state;
  }

  /** Each word after 10 ms. */
  when(...words: string[]): string[] {
    return words.flatMap((word) => this.#one(word).effects.map(inWords));
  }

  feed(event: FlowEvent): FlowResult {
    const result = reduceFlow(this.#definition, this.#state, event);
    this.#state = result.state;
    return result;
  }

  #one(word: string): FlowResult {
    const [verb = '', argument = ''] = word.split(' ');
    this.#atMs += verb === 'pause' ? Number(argument) : 10;
    return verb === 'pause' ? { state: this.#state, effects: [] } : this.feed(this.#event(verb, argument));
  }

  #event(verb: string, argument: string): FlowEvent {
    const atMs = this.#atMs;
    const { waitId } = this.#state;
    switch (verb) {
      case 'key':
        return { type: 'digit', digit: argument, atMs };
      case 'said':
        return { type: 'played', waitId, outcome: argument === '' ? 'done' : 'failed', atMs };
      case 'time':
        return { type: 'timer', waitId, atMs };
      case 'leave':
        return { type: 'leave-soon', atMs };
      case 'found':
        return { type: 'lookup-result', waitId, result: { type: 'found', customer: company1 }, atMs };
      case 'not-found':
      case 'unavailable':
        return { type: 'lookup-result', waitId, result: { type: verb } satisfies FlowLookupResult, atMs };
      default:
        return { type: 'dial-ended', waitId, outcome: verb as DialOutcome, atMs };
    }
  }
}

const names = (media: readonly string[]) => media.map((each) => each.replace('sound:queueapp/', ''));

/** `play queueapp/a queueapp/b` stands for its two sounds; the common limit of prompts is not told. */
export function inWords(effect: FlowEffect): string {
  switch (effect.type) {
    case 'answer':
    case 'stop-play':
    case 'stop-timer':
    case 'stop-lookup':
      return effect.type;
    case 'set-language':
      return `language ${effect.language}`;
    case 'play':
      return ['play', ...names(effect.media)].join(' ');
    case 'start-timer':
      return `timer ${effect.delayMs}`;
    case 'lookup':
      return `lookup ${effect.lookup} ${effect.code}`.trim();
    case 'know-customer':
      return `customer ${effect.customer.id}`;
    case 'dial':
      return `dial ${effect.extension} ${effect.ringTimeoutMs}`;
    case 'log':
      return `${effect.level}: ${effect.message} (${effect.step})`;
    case 'enter-queue':
      return ['queue', effect.queue, ...names(effect.prompt), 'then', effect.afterwards].join(' ');
    case 'leave-to-dialplan':
      return effect.target === null
        ? 'dialplan'
        : `dialplan ${effect.target.context},${effect.target.extension},${effect.target.priority}`;
    case 'hangup':
      return `hangup ${effect.causeCode}`;
    default:
      return effect satisfies never;
  }
}
