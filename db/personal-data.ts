import { randomBytes } from 'node:crypto';
import { AppError } from '../src/errors.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { LogCopies } from '../src/ports/log-copies.ts';
import type { ErasureReport, PersonalData, PersonalSubject, PersonalTraces } from '../src/ports/personal-data.ts';
import { personNumber } from './caller-number.ts';
import type { Database } from './database.ts';
import * as statements from './statements/personal-data.ts';
import { storableText } from './text.ts';

/** Most items of each kind in one list. */
export const TRACES_LISTED_MAX = 1000;
/** Few enough that a statement stays far from its time limit, and holds no lock for long. */
const BATCH = 200;
/** Erasures that wait for the end of a call, in one round. */
const WANTED_MAX = 100;
/** Random bytes behind the tokens of one erasure: nobody can try all numbers. */
const KEY_BYTES = 32;

interface PersonalDataDeps {
  readonly database: Database;
  /** Copies of queue_log outside of the database; `null`: none. */
  readonly logCopies: LogCopies | null;
  /** Writes that wait for the database. */
  pendingWrites(): number;
  readonly clock: Clock;
  readonly log: Logger;
}

type Erasure = statements.Scope & statements.Keyed;

/**
 * What calls have left of callers in the database. Erased numbers become tokens: one for each number and erasure, so that
 * distinct callers go on counting as such; their key is drawn for the erasure and forgotten with it.
 */
export class PostgresPersonalData implements PersonalData {
  readonly #deps: PersonalDataDeps;

  constructor(deps: PersonalDataDeps) {
    this.#deps = deps;
  }

  async list(asked: PersonalSubject): Promise<PersonalTraces> {
    const { database, clock } = this.#deps;
    const subject = known(asked);
    // One more than is told, so that it is known whether there is more.
    const scope = { subject, beforeMs: clock.now(), limit: TRACES_LISTED_MAX + 1 };
    const [places, calls, recordings, tunes] = await Promise.all([
      database.run(statements.selectPlaces(scope)),
      database.run(statements.selectLoggedCalls(scope)),
      database.run(statements.selectRecordings(scope)),
      subject.kind === 'number' ? database.run(statements.selectTunes(subject.value, scope)) : [],
    ]);
    const isMore = [places, calls, recordings, tunes].some(({ length }) => length > TRACES_LISTED_MAX);
    const told = <Row>(rows: readonly Row[]) => rows.slice(0, TRACES_LISTED_MAX);
    return { places: told(places), calls: told(calls), recordings: told(recordings), tunes: told(tunes), isMore };
  }

  async erase(asked: PersonalSubject): Promise<ErasureReport> {
    const { database, clock, log } = this.#deps;
    const erasure: Erasure = { subject: known(asked), beforeMs: clock.now(), key: randomBytes(KEY_BYTES) };
    const waiting = this.#deps.pendingWrites();
    if (waiting > 0) {
      const message = `${waiting} writes from an absence of the database are on their way: ask again in a moment`;
      throw new AppError('DATABASE_UNAVAILABLE', message);
    }
    // Before anything is erased: a call that ends meanwhile must not slip through.
    await database.run(statements.wantErasure(erasure));
    const report = await this.#carryOut(erasure);
    log.info({ ...report, kind: erasure.subject.kind }, 'Personal data erased');
    return report;
  }

  /** Finishes what had to wait for the end of a call. */
  async eraseWanted(): Promise<void> {
    const wanted = await this.#deps.database.run(statements.selectWantedErasures({ limit: WANTED_MAX }));
    for (const { kind, value, key, beforeMs } of wanted) {
      await this.#carryOut({ subject: { kind, value }, key, beforeMs });
    }
  }

  async #carryOut(erasure: Erasure): Promise<ErasureReport> {
    const { database, logCopies } = this.#deps;
    const { subject, beforeMs, key } = erasure;
    const number = subject.kind === 'number' ? subject.value : null;
    // Asked first: what is over by then is found below.
    const open = (await database.run(statements.selectOpenCalls(erasure))).map(({ uniqueId }) => uniqueId);
    const ofLog = number === null ? NOTHING : await this.#inBatches(statements.eraseLoggedCalls, erasure);
    const tunes =
      number === null ? 0 : ((await database.run(statements.eraseTunes(number, beforeMs)))[0]?.changed ?? 0);
    const ofPlaces = await this.#inBatches(statements.erasePlaces, erasure);
    const uniqueIds = new Set([...ofLog.uniqueIds, ...ofPlaces.uniqueIds]);
    const request = { number, uniqueIds, openIds: new Set(open), beforeMs, key };
    const fileLines = (await logCopies?.erase(request)) ?? 0;
    if (open.length === 0) await database.run(statements.forgetErasure(erasure));
    return {
      places: ofPlaces.places,
      lines: ofLog.lines + ofPlaces.lines,
      recordings: ofLog.recordings + ofPlaces.recordings,
      tunes,
      fileLines,
      open: open.length,
    };
  }

  async #inBatches(statement: typeof statements.erasePlaces, erasure: Erasure): Promise<statements.ErasedCalls> {
    let sum = NOTHING;
    for (;;) {
      const [batch = NOTHING] = await this.#deps.database.run(statement({ ...erasure, limit: BATCH }));
      sum = {
        places: sum.places + batch.places,
        lines: sum.lines + batch.lines,
        recordings: sum.recordings + batch.recordings,
        uniqueIds: [...sum.uniqueIds, ...batch.uniqueIds],
      };
      if (batch.uniqueIds.length < BATCH) return sum;
    }
  }
}

const NOTHING: statements.ErasedCalls = { places: 0, lines: 0, recordings: 0, uniqueIds: [] };

/** @throws AppError REQUEST_INVALID */
function known({ kind, value }: PersonalSubject): PersonalSubject {
  const text = kind === 'number' ? personNumber(value) : storableText(value.trim(), 100);
  if (text === null || text === '') {
    const message = `${JSON.stringify(value)} is no ${kind === 'number' ? 'number by which a caller can be told from others' : 'id of a customer'}`;
    throw new AppError('REQUEST_INVALID', message);
  }
  return { kind, value: text };
}
