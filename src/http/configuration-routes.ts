import type { FastifyInstance } from 'fastify';
import { queueName } from '../core/ids.ts';
import type { ConfigurationFace, QueueSettingsView, ReloadReport, StepView } from './application-face.ts';
import { described } from './described.ts';
import { flag, group, listOf, oneOf, text } from './schemas.ts';

const change = group({
  setting: text('The setting, or a whole group, as `queues.support.retry`'),
  change: oneOf(['new', 'changed', 'removed'], 'What became of it'),
});

const reloadSchema = group({
  changes: listOf(change),
  waiting: listOf(change),
  warnings: listOf(text('Something that can be used and is hardly meant')),
  refused: listOf(text("What in the rows of queues and steps can't be used, and why")),
});

const settingsGroup = {
  type: 'object',
  additionalProperties: true,
  description: 'Settings with the names and values of the file',
} as const;

const settingsSchema = group({
  queue: text('Name of the queue'),
  ofFile: flag('Whether the configuration file has this queue'),
  settings: settingsGroup,
});

const queueParamsSchema = {
  type: 'object',
  required: ['queue'],
  properties: { queue: { type: 'string', minLength: 1, maxLength: 128, description: 'Name of a queue' } },
} as const;

const stepSchema = group({
  step: text('Name of the step'),
  ofFile: flag('Whether the configuration file has this step'),
  inDatabase: flag('Whether a row stands for it and goes before the file'),
  definition: settingsGroup,
});

const stepParamsSchema = {
  type: 'object',
  required: ['step'],
  properties: {
    step: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$', description: 'Name of a step of the IVR' },
  },
} as const;

const changeBodySchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    set: settingsGroup,
    unset: {
      type: 'array',
      maxItems: 200,
      items: { type: 'string', minLength: 1, maxLength: 200 },
      description: "Settings that are to be the file's again: `retry`, `programme.order`",
    },
    unsetAll: { type: 'boolean', description: 'First all that stand in the database' },
    create: { type: 'boolean', description: 'Makes the queue if there is none of that name' },
  },
} as const;

const stepBodySchema = {
  ...changeBodySchema,
  properties: {
    ...changeBodySchema.properties,
    unset: { ...changeBodySchema.properties.unset, description: 'Settings to be left out: `menu.keys.3`' },
    unsetAll: {
      type: 'boolean',
      description: "With `set`: that is the whole step. Without: the row is removed, and the file's step counts again",
    },
    create: { type: 'boolean', description: 'Makes the step if there is none of that name' },
  },
} as const;

interface ChangeBody {
  set?: Readonly<Record<string, unknown>>;
  unset?: readonly string[];
  unsetAll?: boolean;
  create?: boolean;
}

interface SettingsRoute {
  Params: { queue: string };
  Body: ChangeBody;
}

interface StepRoute {
  Params: { step: string };
  Body: ChangeBody;
}

/** Changing the configuration while it runs. */
export function configurationRoutes(server: FastifyInstance, face: ConfigurationFace): void {
  server.post(
    '/reload',
    described('reload', 'Reads the configuration file anew; a wrong one is refused and changes nothing', reloadSchema),
    async () => reloadJson(await face.reload()),
  );
  const withQueue = <More extends object>(operationId: string, summary: string, more: More) => {
    const { schema } = described(operationId, summary, settingsSchema);
    return { schema: { ...schema, params: queueParamsSchema, ...more } };
  };
  server.get<{ Params: SettingsRoute['Params'] }>(
    '/queues/:queue/settings',
    withQueue('queueSettings', "Settings of a queue that stand in the database and go before the file's", {}),
    async ({ params }) => settingsJson(face.queueSettings(queueName(params.queue))),
  );
  server.post<SettingsRoute>(
    '/queues/:queue/settings',
    withQueue('changeQueueSettings', 'Changes them; wrong values are refused', { body: changeBodySchema }),
    async ({ params, body }) => {
      const queue = queueName(params.queue);
      return settingsJson(await face.changeQueueSettings({ queue, ...changesOf(body) }));
    },
  );
  stepRoutes(server, face);
}

function stepRoutes(server: FastifyInstance, face: ConfigurationFace): void {
  const withStep = <More extends object>(operationId: string, summary: string, more: More) => {
    const { schema } = described(operationId, summary, stepSchema);
    return { schema: { ...schema, params: stepParamsSchema, ...more } };
  };
  server.get<{ Params: StepRoute['Params'] }>(
    '/steps/:step',
    withStep('step', 'A step of the IVR as it is written, in the database or in the file', {}),
    async ({ params }) => stepJson(face.step(params.step)),
  );
  server.post<StepRoute>(
    '/steps/:step',
    withStep('changeStep', 'Changes it in the database; what is wrong is refused', { body: stepBodySchema }),
    async ({ params, body }) => stepJson(await face.changeStep({ step: params.step, ...changesOf(body) })),
  );
}

function changesOf({ set = {}, unset = [], unsetAll = false, create = false }: ChangeBody) {
  return { set, unset: unset.map((path) => path.split('.')), unsetAll, create };
}

function reloadJson({ changes, waiting, warnings, refused }: ReloadReport) {
  return { changes: [...changes], waiting: [...waiting], warnings: [...warnings], refused: [...refused] };
}

function settingsJson({ queue, isOfFile, settings }: QueueSettingsView) {
  return { queue, ofFile: isOfFile, settings };
}

function stepJson({ step, isOfFile, isInDatabase, definition }: StepView) {
  return { step, ofFile: isOfFile, inDatabase: isInDatabase, definition };
}

export type ReloadJson = ReturnType<typeof reloadJson>;
export type QueueSettingsJson = ReturnType<typeof settingsJson>;
export type StepJson = ReturnType<typeof stepJson>;
