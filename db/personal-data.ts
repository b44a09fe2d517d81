import { randomBytes } from 'node:crypto';
import { AppError } from '../src/errors.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
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
    const [places, calls, tunes] = await Promise.all([
      database.run(statements.selectPlaces(scope)),
      database.run(statements.selectLoggedCalls(scope)),
      subject.kind === 'number' ? database.run(statements.selectTunes(subject.value, scope)) : [],
    ]);
    const isMore = [places, calls, tunes].some(({ length }) => length > TRACES_LISTED_MAX);
    const told = <Row>(rows: readonly Row[]) => rows.slice(0, TRACES_LISTED_MAX);
    return { places: told(places), calls: told(calls), tunes: told(tunes), isMore };
  }

  async erase(asked: PersonalSubject): Promise<ErasureReport> {
    const { database, clock, log } = this.#deps;
    const erasure: Erasure = { subject: known(asked), beforeMs: clock.now(), key: randomBytes(KEY_BYTES) };
    // Before anything is erased: a call that ends meanwhile must not slip through.
    await database.run(statements.wantErasure(erasure));
    const report = await this.#carryOut(erasure);
    log.info({ ...report, kind: erasure.subject.kind }, 'Personal data erased');
    return report;
  }

  /** Finishes what had to wait for the end of a call. */
  async eraseWanted(): Promise<void> {
    const { database } = this.#deps;
    for (const { kind, value, key, beforeMs } of await database.run(
      statements.selectWantedErasures({ limit: WANTED_MAX }),
    )) {
      await this.#carryOut({ subject: { kind, value }, key, beforeMs });
    }
  }

  async #carryOut(erasure: Erasure): Promise<ErasureReport> {
    const { database } = this.#deps;
    const { subject, beforeMs } = erasure;
    // Asked first: what is over by then is found below.
    const [{ open } = { open: 0 }] = await database.run(statements.countOpen(erasure));
    let [places, lines, tunes] = [0, 0, 0];
    if (subject.kind === 'number') {
      lines += await this.#inBatches(statements.eraseLoggedCalls, erasure);
      tunes += (await database.run(statements.eraseTunes(subject.value, beforeMs)))[0]?.changed ?? 0;
    }
    for (let isMore = true; isMore; ) {
      const [erased] = await database.run(statements.erasePlaces({ ...erasure, limit: BATCH }));
      places += erased?.places ?? 0;
      lines += erased?.lines ?? 0;
      isMore = erased?.places === BATCH;
    }
    if (open === 0) await database.run(statements.forgetErasure(erasure));
    return { places, lines, tunes, open };
  }

  async #inBatches(statement: typeof statements.eraseLoggedCalls, erasure: Erasure): Promise<number> {
    let sum = 0;
    for (;;) {
      const [row] = await this.#deps.database.run(statement({ ...erasure, limit: BATCH }));
      sum += row?.changed ?? 0;
      if ((row?.changed ?? 0) < BATCH) return sum;
    }
  }
}

/** @throws AppError REQUEST_INVALID */
function known({ kind, value }: PersonalSubject): PersonalSubject {
  const text = kind === 'number' ? personNumber(value) : storableText(value.trim(), 100);
  if (text === null || text === '') {
    const message = `${JSON.stringify(value)} is no ${kind === 'number' ? 'number by which a caller can be told from others' : 'id of a customer'}`;
    throw new AppError('REQUEST_INVALID', message);
  }
  return { kind, value: text };
}
