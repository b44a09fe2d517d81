import type { FastifyInstance } from 'fastify';
import type { ErasureReport, PersonalSubject, PersonalTraces } from '../ports/personal-data.ts';
import type { PersonalDataFace } from './application-face.ts';
import { described } from './described.ts';
import { flag, group, listOf, text, textOrNull, time, whole } from './schemas.ts';

interface SubjectRoute {
  Body: { number: string } | { customer: string };
}

/** Exactly one of the two. In the body and not in the address: addresses are written into logs. */
const subjectSchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    number: { type: 'string', minLength: 1, maxLength: 100, description: "A caller's number, as the line sends it" },
    customer: { type: 'string', minLength: 1, maxLength: 100, description: 'Id of a customer' },
  },
} as const;

const customerSchema = {
  ...group({
    id: text('Id'),
    name: text('Name'),
    code: textOrNull('What the caller typed'),
    fields: { type: 'object', additionalProperties: { type: 'string' }, description: 'Whatever else the lookup said' },
  }),
  type: ['object', 'null'],
};

const elsewhere = listOf(text('Where traces may be that queueapp does not reach'));

const tracesSchema = group({
  places: listOf(
    group({
      entryId: text('Id of the place in line'),
      callId: text('Id of the call'),
      queue: text('Name of the queue'),
      joined: time('When it was taken'),
      number: textOrNull("The caller's number"),
      name: textOrNull("The caller's name"),
      customer: customerSchema,
      open: flag('Whether the call goes on'),
    }),
  ),
  calls: listOf(
    group({
      uniqueId: text('callid of the lines in queue_log'),
      queue: text('Name of the queue'),
      entered: time('When the caller entered'),
      number: text("The caller's number"),
      name: text("The caller's name; empty when the line has none"),
    }),
  ),
  tunes: listOf(
    group({
      musicClass: text('Name of the music class'),
      track: text('The tune that the caller chose'),
      chosen: time('When'),
    }),
  ),
  recordings: listOf(
    group({
      callId: text('Id of the call'),
      queue: text('Name of the queue'),
      file: text("Path below Asterisk's folder of recordings"),
      started: time('When it began'),
    }),
  ),
  more: flag('Whether there is more than the lists hold'),
  elsewhere,
});

const erasureSchema = group({
  erased: group({
    places: whole('Places in line that tell nothing of the caller any more'),
    lines: whole('Lines of queue_log in which a token stands in the place of the number'),
    tunes: whole('Tunes that are not remembered any more'),
    recordings: whole('Recordings whose files go now, or when Asterisk can be reached'),
    fileLines: whole('Lines of the file of queue_log'),
  }),
  open: whole('Places of calls that go on; they are erased when these are over'),
  elsewhere,
});

/** Listing and erasing what calls have left of a caller. */
export function personalDataRoutes(server: FastifyInstance, face: PersonalDataFace): void {
  const options = (operationId: string, summary: string, answer: object) => {
    const { schema } = described(operationId, summary, answer);
    return { schema: { ...schema, body: subjectSchema } };
  };
  server.post<SubjectRoute>(
    '/personal-data/list',
    options('listPersonalData', 'What calls have left of a caller or a customer', tracesSchema),
    async ({ body }) => ({ ...tracesJson(await face.list(subjectOf(body))), elsewhere: face.elsewhere() }),
  );
  server.post<SubjectRoute>(
    '/personal-data/erase',
    options('erasePersonalData', 'Erases it; rows stay, so that reports go on adding up', erasureSchema),
    async ({ body }) => ({ ...erasureJson(await face.erase(subjectOf(body))), elsewhere: face.elsewhere() }),
  );
}

function subjectOf(body: SubjectRoute['Body']): PersonalSubject {
  return 'number' in body ? { kind: 'number', value: body.number } : { kind: 'customer', value: body.customer };
}

const iso = (ms: number) => new Date(ms).toISOString();

function tracesJson({ places, calls, tunes, recordings, isMore }: PersonalTraces) {
  return {
    places: places.map(({ joinedAtMs, isOpen, ...place }) => ({ ...place, joined: iso(joinedAtMs), open: isOpen })),
    calls: calls.map(({ enteredAtMs, ...call }) => ({ ...call, entered: iso(enteredAtMs) })),
    tunes: tunes.map(({ chosenAtMs, ...tune }) => ({ ...tune, chosen: iso(chosenAtMs) })),
    recordings: recordings.map(({ startedAtMs, ...recording }) => ({ ...recording, started: iso(startedAtMs) })),
    more: isMore,
  };
}

function erasureJson({ open, ...erased }: ErasureReport) {
  return { erased, open };
}

interface Elsewhere {
  readonly elsewhere: readonly string[];
}

export type TracesJson = ReturnType<typeof tracesJson> & Elsewhere;
export type ErasureJson = ReturnType<typeof erasureJson> & Elsewhere;
