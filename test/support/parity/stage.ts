import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memberName } from '../../../install/private-stack/asterisk.ts';
import { eventually } from '../e2e/eventually.ts';
import type { Site } from '../e2e/site.ts';
import type { Caller } from '../phones/caller.ts';
import { answers, type Behaviour, type Phone } from '../phones/phone.ts';
import { pause } from '../phones/waiting.ts';
import { withoutRealtime } from '../without-realtime.ts';
import type { LogLine, Observation, ObservedRing } from './observation.ts';
import { type CallerPart, MEMBER_NAMES, type MemberName, type Moment, type Scenario, written } from './scenario.ts';

type SideName = 'appQueue' | 'queueapp';

/** One side's telephones, and how a call gets to it. */
interface Side {
  readonly name: SideName;
  readonly extensions: Readonly<Record<MemberName, string>>;
  readonly phones: Map<MemberName, Phone>;
  readonly number: string;
}

/** What each side has written of a story so far. */
type Logged = Readonly<Record<SideName, () => Promise<LogLine[]>>>;

/** One story, told at both sides. */
interface Story {
  readonly queue: string;
  /** Waits until something has come at one side. */
  readonly until: (side: Side, what: string, moment: Moment) => Promise<unknown>;
  /** Callers whose call is over. */
  readonly over: Map<Side, number>;
  /** Of each caller: both dial when both are ready to. */
  readonly dialling: readonly Meeting[];
  /** At the end of the first talk. */
  readonly parting: Meeting;
}

/** Longest story; its calls are over by then, or the story has failed. */
const STORY_LIMIT_MS = 90_000;
const CALLER_NUMBERS = '70000';
/** Each is the last line of a caller. */
const ENDS = /^(COMPLETE\w+|ABANDON|EXIT\w+|BLINDTRANSFER)$/;
const ended = (count: number): Moment => {
  return ({ lines }) => lines.filter(({ event }) => ENDS.test(event)).length >= count;
};

/** Where the two sides wait for each other. */
class Meeting {
  readonly #timesMs: number[] = [];

  /** Each brings a time, and gets the longer one. */
  async come(ms = 0): Promise<number> {
    this.#timesMs.push(ms);
    await eventually('both sides have come so far', () => this.#timesMs.length >= 2, STORY_LIMIT_MS);
    return Math.max(...this.#timesMs);
  }
}

/** Both queues on one Asterisk, each with three telephones, and every story told to both at once. */
export class ParityStage {
  readonly #site: Site;
  readonly #sides: readonly Side[];
  #logBytes = 0;

  private constructor(site: Site, sides: readonly Side[]) {
    this.#site = site;
    this.#sides = sides;
  }

  /** Registers six telephones and has Asterisk write its queue_log. The site must have three members beside the three phones. */
  static async set(site: Site): Promise<ParityStage> {
    await withoutRealtime(site.stack, { queueLog: 'yes' });
    await site.untilMissing();
    const sides = (['appQueue', 'queueapp'] as const).map((name, index): Side => {
      const extensions = {
        A: name === 'appQueue' ? memberName(1) : '1000',
        B: name === 'appQueue' ? memberName(2) : '2000',
        C: name === 'appQueue' ? memberName(3) : '3000',
      };
      return { name, extensions, phones: new Map(), number: `77${index}` };
    });
    for (const side of sides) {
      for (const member of MEMBER_NAMES) side.phones.set(member, await site.phone(side.extensions[member]));
    }

    return new ParityStage(site, sides);
  }

  /** Tells the story to both and answers what each did. */
  async tell(scenario: Scenario, index: number): Promise<Readonly<Record<SideName, Observation>>> {
    const queue = `parity${index}`;
    await this.#prepareAppQueue(scenario, queue);
    await this.#prepareQueueapp(scenario, queue);
    this.#logBytes = this.#asteriskLog().length;
    const [mark] = await this.#site.sql<{ id: string }>('select coalesce(max(id), 0) as id from queue_log');
    const before = new Map(this.#sides.map((side) => [side, this.#ringCounts(side)]));
    const logged: Logged = {
      appQueue: async () => this.#appQueueLines(queue),
      queueapp: () => this.#queueappLines(queue, mark?.id ?? '0'),
    };
    const over = new Map(this.#sides.map((side) => [side, 0]));
    const soFar = async (side: Side) => ({
      lines: await logged[side.name](),
      rings: this.#ringsSince(side, before.get(side) ?? new Map()).length,
      over: over.get(side) ?? 0,
    });
    const story: Story = {
      queue,
      over,
      until: (side, what, moment) =>
        eventually(`${side.name}: ${what}`, async () => moment(await soFar(side)), STORY_LIMIT_MS),
      dialling: scenario.callers.map(() => new Meeting()),
      parting: new Meeting(),
    };
    await Promise.all(this.#sides.map((side) => this.#play(side, scenario, story)));
    await this.#site.untilNoCalls();
    // app_queue writes of an end when the channels are gone.
    const isWritten: Moment = (all) => ended(all.lines.filter(({ event }) => event === 'ENTERQUEUE').length)(all);
    await Promise.all(this.#sides.map((side) => story.until(side, 'the end of every caller is written', isWritten)));
    const observe = (side: Side, lines: readonly LogLine[]): Observation => ({
      rings: this.#ringsSince(side, before.get(side) ?? new Map()),
      lines: lines.filter(
        ({ event }) => !/^(QUEUESTART|CONFIGRELOAD|ADDMEMBER|REMOVEMEMBER|WRAPUP|CALLERO)/.test(event),
      ),
      agents: new Map(MEMBER_NAMES.map((member) => [`PJSIP/${side.extensions[member]}`, member])),
    });
    const [appQueue, queueapp] = this.#sides as [Side, Side];
    return {
      appQueue: observe(appQueue, await logged.appQueue()),
      queueapp: observe(queueapp, await logged.queueapp()),
    };
  }

  async #prepareAppQueue({ appQueue = {}, members, queueArguments = '' }: Scenario, queue: string): Promise<void> {
    const options = {
      strategy: 'leastrecent',
      timeout: '3',
      retry: '1',
      ringinuse: 'no',
      autofill: 'yes',
      ...appQueue,
    };
    const [side] = this.#sides as [Side, Side];
    const lines = [
      `[${queue}]`,
      ...Object.entries(options).map(([name, value]) => `${name} = ${value}`),
      ...this.#members(members).map(
        ([member, { penalty = 0 }]) => `member => PJSIP/${side.extensions[member]},${penalty}`,
      ),
    ];
    writeFileSync(join(this.#site.env.QUEUEAPP_RUN, 'asterisk/etc/queues-members.conf'), `${lines.join('\n')}\n`);
    await this.#site.asterisk('queue reload all');
    await this.#site.dialplan(side.number, 'Answer()', `Queue(${queue}${queueArguments})`, 'Hangup()');
  }

  async #prepareQueueapp({ members }: Scenario, queue: string): Promise<void> {
    const [, side] = this.#sides as [Side, Side];
    await this.#site.sql('delete from queue_member');
    // The story before may have left somebody in wrap-up.
    await this.#site.sql('update extension set last_hangup_at = null, last_queue = null, wrap_up_ended_at = now()');
    for (const [index, [member, { penalty = 0 }]] of this.#members(members).entries()) {
      await this.#site.sql(
        `insert into queue_member (queue, extension, penalty, position, logged_in_at)
          values ($1, $2, $3, $4::integer, now() + $4::integer * interval '1 millisecond')`,
        [queue, side.extensions[member], penalty, index],
      );
    }
    const wanted = this.#members(members).length;
    const areThere = async () =>
      (await this.#site.members()).filter(
        ({ queues, deviceState }) => queues.some((each) => each.queue === queue) && deviceState === 'NOT_INUSE',
      ).length === wanted;
    await eventually('the members are there and free', areThere);
    await this.#site.dialplan(side.number, `Stasis(queueapp,queue,${queue})`, 'Hangup()');
  }

  #members(members: Scenario['members']) {
    return MEMBER_NAMES.flatMap((name) => {
      const part = members[name];
      return part === undefined ? [] : [[name, part] as const];
    });
  }

  async #play(side: Side, { members, callers, meanwhile }: Scenario, story: Story): Promise<void> {
    for (const [name, { does, talksUntil }] of this.#members(members)) {
      const until = talksUntil && this.#parting(story, talksUntil);
      side.phones.get(name)?.behave(until === undefined ? does : ({ ...does, until } as Behaviour));
    }
    const startedAtMs = Date.now();
    const acting =
      meanwhile &&
      story
        .until(side, 'what is done meanwhile', meanwhile.since)
        .then(() => pause(meanwhile.afterMs))
        .then(() => this.#pauseMembers(side, members, story.queue));
    const calls: Promise<void>[] = [];
    for (const [index, part] of callers.entries()) {
      if (part.at === 'after the one before') {
        await calls[index - 1];
        await story.until(side, 'the end of the one before is written', ended(index));
      } else {
        await pause(startedAtMs + part.at - Date.now());
        // However long the one before took to come in: their order is the story's.
        await story.until(side, `${index} have come in`, written('ENTERQUEUE', index));
        if (part.comesAfter !== undefined) await story.until(side, 'the next one may come', part.comesAfter);
      }
      calls.push(this.#call(side, { part, index, story }));
    }
    await Promise.all([...calls, acting]);
    for (const [name] of this.#members(members)) side.phones.get(name)?.behave(answers(0, 0));
  }

  /** The first talk of a side ends when `moment` has come at both, and after the same time. */
  #parting(story: Story, moment: Moment): () => Promise<void> {
    let isFirst = true;
    return async () => {
      if (!isFirst) return;
      isFirst = false;
      const sinceMs = Date.now();
      await Promise.all(this.#sides.map((side) => story.until(side, 'the talk may end', moment)));
      const longestMs = await story.parting.come(Date.now() - sinceMs);
      await pause(sinceMs + longestMs - Date.now());
    };
  }

  async #call(side: Side, { part, index, story }: { part: CallerPart; index: number; story: Story }): Promise<void> {
    const number = await this.#entrance(side, part, index);
    const ready = part.at === 'after the one before' ? undefined : () => story.dialling[index]?.come();
    const caller: Caller = await this.#site.caller(number, {
      from: { number: `${CALLER_NUMBERS}${index + 1}` },
      ...(ready === undefined ? {} : { ready: async () => await ready() }),
    });
    const over = caller.ended({ limitMs: STORY_LIMIT_MS }).then(() => {
      story.over.set(side, (story.over.get(side) ?? 0) + 1);
    });
    const acts: Promise<unknown>[] = [over];
    const { hangsUpAfterMs, since = written('ENTERQUEUE', index + 1), presses } = part;
    if (hangsUpAfterMs !== undefined) {
      const moment = story.until(side, `caller ${index + 1} may hang up`, since);
      acts.push(moment.then(() => pause(hangsUpAfterMs)).then(() => caller.hangup()));
    }
    if (presses !== undefined) acts.push(pause(presses.afterMs).then(() => caller.press(presses.keys)));
    await Promise.all(acts);
    await caller.close();
  }

  /** Variables are set by a number of their own that goes on to the side's. */
  async #entrance({ number }: Side, { variables }: CallerPart, index: number): Promise<string> {
    if (variables === undefined) return number;
    const own = `${number}${index}`;
    const sets = Object.entries(variables).map(([name, value]) => `Set(${name}=${value})`);
    await this.#site.dialplan(own, ...sets, `Goto(${number},1)`);
    return own;
  }

  async #pauseMembers(side: Side, members: Scenario['members'], queue: string): Promise<void> {
    for (const [member] of this.#members(members)) {
      const extension = side.extensions[member];
      if (side.name === 'appQueue') await this.#site.asterisk(`queue pause member PJSIP/${extension} queue ${queue}`);
      else await this.#site.pause(extension, queue);
    }
  }

  #ringCounts({ phones }: Side): Map<MemberName, number> {
    return new Map([...phones].map(([name, phone]) => [name, phone.rings.length]));
  }

  #ringsSince({ phones }: Side, counts: ReadonlyMap<MemberName, number>): ObservedRing[] {
    return [...phones].flatMap(([member, phone]) =>
      phone.rings.slice(counts.get(member) ?? 0).map((ring) => ({
        member,
        callerNumber: ring.caller.number,
        atMs: ring.invitedAtMs,
      })),
    );
  }

  #asteriskLog(): string {
    const file = join(this.#site.env.QUEUEAPP_RUN, 'asterisk/log/queue_log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  #appQueueLines(queue: string): LogLine[] {
    const lines = this.#asteriskLog()
      .slice(this.#logBytes)
      .split('\n')
      .filter((line) => line !== '');
    return lines
      .map((line) => line.split('|'))
      .filter((columns) => columns[2] === queue)
      .map(([, callid = '', , agent = '', event = '', ...data]) => ({ callid, agent, event, data }));
  }

  async #queueappLines(queue: string, mark: string): Promise<LogLine[]> {
    const rows = await this.#site.sql<LogLine>(
      `select callid, agent, event, array[data1, data2, data3, data4, data5] as data from queue_log
        where id > $1 and queuename = $2 order by id`,
      [mark, queue],
    );
    return rows.map((row) => ({ ...row, data: row.data.map((text) => text ?? '') }));
  }
}
