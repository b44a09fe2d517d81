import { isAppError } from '../../src/errors.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { isOk } from './answers.ts';
import type { AriAddress } from './ari-client.ts';
import { ageOf, missingModules } from './check-modules.ts';
import { findMusicClasses } from './check-music.ts';
import { countSessions } from './check-sessions.ts';
import { HttpRequests } from './http-requests.ts';
import type { AriResponse, Method } from './request-table.ts';
import { baseUrl } from './settings.ts';
import { uri } from './uri.ts';

/** How long each question may take. */
const STEP_LIMIT_MS = 5000;
/** Above Asterisk's default `sessionlimit` of 100, below the number that is probed at most. */
const SESSIONS_WANTED = 120;

/** Something that is wrong, and what to do about it. */
export interface Finding {
  readonly what: string;
  readonly mend: string;
}

export interface AsteriskCheck {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** As Asterisk gives it; `null` when it was not reached. */
  readonly version: string | null;
  /** What works otherwise than it could, or could not be looked at, in words. */
  readonly notes: readonly string[];
}

/** What the settings that lead to an Asterisk are called, for what is to be done. */
export interface AddressNames {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

const ONLY_ASTERISK: AddressNames = { url: 'ARI_URL', username: 'ARI_USERNAME', password: 'ARI_PASSWORD' };

export interface AsteriskCheckOptions extends AriAddress {
  /** @default the variables of the only Asterisk */
  readonly names?: AddressNames;
  /** Sounds that must be there: `queueapp/welcome`, with or without `sound:`. */
  readonly sounds?: readonly string[];
  /** Classes of musiconhold.conf that must be there. */
  readonly musicClasses?: readonly string[];
  /** Connections at a time that Asterisk's HTTP server must keep; 150 are tried at most. @default 120 */
  readonly sessions?: number;
}

/**
 * Tries everything that calls need of Asterisk: address, password, rights, version, modules, `sessionlimit`, sounds and music.
 * Stops at the first fault that hides the rest. Disturbs no running application: it takes a name of its own. Never rejects.
 */
export async function checkAsterisk(options: AsteriskCheckOptions, clock: Clock = systemClock): Promise<AsteriskCheck> {
  const address = { ...options, url: baseUrl(options.url) };
  const http = new HttpRequests(address, clock);
  try {
    return await new Check(address, options, { http, clock }).run();
  } finally {
    http.close();
  }
}

class Check {
  readonly #address: AriAddress;
  readonly #options: AsteriskCheckOptions;
  readonly #names: AddressNames;
  readonly #http: HttpRequests;
  readonly #clock: Clock;
  readonly #findings: Finding[] = [];
  readonly #notes: string[] = [];

  constructor(
    address: AriAddress,
    options: AsteriskCheckOptions,
    { http, clock }: { http: HttpRequests; clock: Clock },
  ) {
    this.#address = address;
    this.#options = options;
    this.#names = options.names ?? ONLY_ASTERISK;
    this.#http = http;
    this.#clock = clock;
  }

  async run(): Promise<AsteriskCheck> {
    let version: string | null = null;
    try {
      version = await this.#version();
      if (version !== null) await this.#rest(this.#age(version));
    } catch (error) {
      if (!isAppError(error)) throw error;
      this.#findings.push(unreachable(this.#address.url, this.#names, error));
    }
    return { ok: this.#findings.length === 0, findings: this.#findings, version, notes: this.#notes };
  }

  async #version(): Promise<string | null> {
    const info = await this.#ask('asterisk/info?only=system');
    if (!isOk(info)) {
      this.#findings.push(await this.#refusal(info));
      return null;
    }
    const version = systemVersion(info.body);
    if (version === null) {
      this.#find(
        `${this.#address.url} answers, but it is no Asterisk`,
        `Correct ${this.#names.url}: the address of http.conf (bindaddr, bindport), without a path`,
      );
      return null;
    }
    return version;
  }

  #age(version: string): 'current' | 'older' {
    const age = ageOf(version);
    if (age === 'current') return age;
    if (age === 'too old') {
      this.#find(`Asterisk ${version} is too old`, 'Install 20.16, 22.6 or newer; README.md says where from');
    } else {
      this.#notes.push(
        `Asterisk ${version} has no audio over WebSocket: programmes are sent as RTP, which costs more. 20.16, 22.6 and newer have it`,
      );
    }
    return 'older';
  }

  async #rest(age: 'current' | 'older'): Promise<void> {
    await this.#rights();
    const modules = await this.#ask('asterisk/modules');
    const missing = missingModules(parse(modules.body), age);
    for (const { name, purpose } of missing) {
      this.#find(
        `Asterisk's module ${name} does not run (needed for ${purpose})`,
        `Add "load = ${name}" to modules.conf and restart Asterisk, or install the package that has it`,
      );
    }
    await this.#sessions();
    if (!missing.some(({ name }) => name === 'res_ari_sounds.so')) await this.#sounds();
    if (missing.length === 0) await this.#music();
  }

  /** Asks for the end of a playback that does not exist: a user who may write is told so, one who may not is refused. */
  async #rights(): Promise<void> {
    const response = await this.#ask('playbacks/queueapp-check', 'DELETE');
    if (response.status !== 403) return;
    this.#find(
      `The user ${this.#address.username} of ari.conf may only read`,
      `Set read_only = no in the section [${this.#address.username}] of ari.conf, then: asterisk -rx 'module reload res_ari.so'`,
    );
  }

  async #sessions(): Promise<void> {
    const wanted = this.#options.sessions ?? SESSIONS_WANTED;
    const kept = await countSessions(this.#address.url, wanted, this.#clock);
    if (kept >= wanted) return;
    this.#find(
      `Asterisk's HTTP server keeps only ${kept} connections at a time (wanted: ${wanted} and more; each caller on hold takes one)`,
      "Set sessionlimit = 5000 in the section [general] of http.conf, then: asterisk -rx 'module reload http'",
    );
  }

  async #sounds(): Promise<void> {
    const sounds = [...new Set((this.#options.sounds ?? []).map((sound) => sound.replace(/^sound:/, '')))];
    for (const sound of sounds) {
      const response = await this.#ask(uri`sounds/${sound}`);
      if (response.status !== 404) continue;
      this.#find(
        `Asterisk has no sound ${sound}`,
        `Put ${sound}.wav into the folder of the language below Asterisk's sounds folder (queueapp's own: link its folder sounds/LANGUAGE as queueapp), then: asterisk -rx 'module reload sounds'`,
      );
    }
  }

  async #music(): Promise<void> {
    const classes = [...new Set(this.#options.musicClasses ?? [])];
    if (classes.length === 0) return;
    const found = await findMusicClasses(this.#address, classes, { http: this.#http, clock: this.#clock });
    if (typeof found === 'string') {
      this.#notes.push(`Whether the music classes ${classes.join(', ')} are there can't be seen: ${found}`);
      return;
    }
    for (const musicClass of classes.filter((name) => !found.has(name))) {
      this.#find(
        `musiconhold.conf has no class ${musicClass}`,
        `Add a section [${musicClass}] with mode = files and a directory to musiconhold.conf, then: asterisk -rx 'moh reload'`,
      );
    }
  }

  /** What a refused first question means. */
  async #refusal(response: AriResponse): Promise<Finding> {
    const { url, username } = this.#address;
    const names = this.#names;
    if (response.status === 401) {
      return {
        what: `Asterisk refuses the user ${username} or the password`,
        mend: `Make ${names.username} and ${names.password} those of a section of ari.conf (type = user), then: asterisk -rx 'module reload res_ari.so'`,
      };
    }
    const others = await this.#ask('applications');
    if (isOk(others)) {
      return {
        what: "Asterisk's module res_ari_asterisk.so does not run (needed for this check)",
        mend: 'Add "load = res_ari_asterisk.so" to modules.conf and restart Asterisk',
      };
    }
    return {
      what: `${url} answers ${response.status}: an HTTP server, but not the REST interface of Asterisk`,
      mend: `Set enabled = yes in ari.conf, load res_ari.so (modules.conf), leave prefix in http.conf empty, and check ${names.url}`,
    };
  }

  #ask(address: string, method: Method = 'GET'): Promise<AriResponse> {
    return this.#http.send({ method, address }, STEP_LIMIT_MS);
  }

  #find(what: string, mend: string): void {
    this.#findings.push({ what, mend });
  }
}

function systemVersion(body: string): string | null {
  const info = parse(body);
  const system = typeof info === 'object' && info !== null && 'system' in info ? info.system : null;
  const version = typeof system === 'object' && system !== null && 'version' in system ? system.version : null;
  return typeof version === 'string' ? version : null;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function unreachable(url: string, { url: name }: AddressNames, error: Error): Finding {
  const { cause } = error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : '';
  const { hostname } = new URL(url);
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        what: `The host name ${hostname} does not resolve (${code})`,
        mend: `Correct ${name}, or the name in DNS or /etc/hosts`,
      };
    case 'ECONNREFUSED':
      return {
        what: `Nothing listens at ${url}`,
        mend: `Start Asterisk; set enabled = yes, bindaddr and bindport in http.conf; check the port in ${name}`,
      };
    case 'ECONNRESET':
      return {
        what: `Asterisk closes the connection to ${url} at once`,
        mend: `Its sessionlimit (http.conf) is used up, or the port belongs to something else; with TLS ${name} begins with https://`,
      };
    default:
      return {
        what: `Asterisk does not answer at ${url}: ${error.message}`,
        mend: `Check ${name}, firewalls and whether Asterisk runs`,
      };
  }
}
