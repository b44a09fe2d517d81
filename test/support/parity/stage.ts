import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memberName } from '../../../install/private-stack/asterisk.ts';
import { eventually } from '../e2e/eventually.ts';
import type { Site } from '../e2e/site.ts';
import type { Caller } from '../phones/caller.ts';
import { answers, type Phone } from '../phones/phone.ts';
import { pause } from '../phones/waiting.ts';
import { withoutRealtime } from '../without-realtime.ts';
import type { LogLine, Observation, ObservedRing } from './observation.ts';
import { type CallerPart, MEMBER_NAMES, type MemberName, type Scenario } from './scenario.ts';

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

/** Where one side's story is told, and what has been written of it. */
interface Told {
  readonly queue: string;
  readonly logged: () => Promise<LogLine[]>;
}

/** Longest story; its calls are over by then, or the story has failed. */
const STORY_LIMIT_MS = 90_000;
const CALLER_NUMBERS = '70000';

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
    await Promise.all(this.#sides.map((side) => this.#play(side, scenario, { queue, logged: logged[side.name] })));
    await this.#site.untilNoCalls();
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

  async #play(side: Side, { members, callers, meanwhile }: Scenario, told: Told): Promise<void> {
    for (const [name, { does }] of this.#members(members)) side.phones.get(name)?.behave(does);
    const startedAtMs = Date.now();
    const acting = meanwhile && pause(meanwhile.afterMs).then(() => this.#pauseMembers(side, members, told.queue));
    const calls: Promise<void>[] = [];
    for (const [index, part] of callers.entries()) {
      if (part.at === 'after the one before') await calls[index - 1];
      else {
        await pause(startedAtMs + part.at - Date.now());
        // However long the one before took to come in: their order is the story's.
        await this.#untilEntered(told, index);
      }
      calls.push(this.#call(side, { part, index, told }));
    }
    await Promise.all([...calls, acting]);
    for (const [name] of this.#members(members)) side.phones.get(name)?.behave(answers(0, 0));
  }

  async #untilEntered({ logged }: Told, count: number): Promise<void> {
    const entered = async () => (await logged()).filter(({ event }) => event === 'ENTERQUEUE').length;
    await eventually(`${count} have come in`, async () => (await entered()) >= count, STORY_LIMIT_MS);
  }

  async #call(side: Side, { part, index, told }: { part: CallerPart; index: number; told: Told }): Promise<void> {
    const number = await this.#entrance(side, part, index);
    const caller: Caller = await this.#site.caller(number, { from: { number: `${CALLER_NUMBERS}${index + 1}` } });
    const acts: Promise<unknown>[] = [caller.ended({ limitMs: STORY_LIMIT_MS })];
    const { hangsUpAfterMs, presses } = part;
    if (hangsUpAfterMs !== undefined) {
      // From the place in line on: how long a call takes to get there is the machine's affair.
      const entered = this.#untilEntered(told, index + 1);
      acts.push(entered.then(() => pause(hangsUpAfterMs)).then(() => caller.hangup()));
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
