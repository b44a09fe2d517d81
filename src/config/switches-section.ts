import { z } from 'zod';
import { shown } from './findings.ts';
import { address, line, section } from './values.ts';

const NAME = /^[a-z0-9-]{1,40}$/;
const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):(\d{1,5})$/;

/** A switch's name stands in database sessions, log lines and the name of a variable. */
export const switchNameValue = () =>
  z
    .string()
    .regex(NAME, { error: 'the name of a switch is made of small letters, digits and -, at most 40' })
    .meta({ kind: 'name' });

/** The variable with the password of a switch's ARI user. */
export const passwordVariable = (name: string) => `ARI_PASSWORD_${name.toUpperCase().replaceAll('-', '_')}`;

export const switchFields = section({
  name: switchNameValue().describe(
    'What it is called, here, in the database and in the log. Its password comes from `ARI_PASSWORD_` and the name in capitals, `-` as `_` (`ARI_PASSWORD_BERLIN`), else from `ARI_PASSWORD`.',
  ),
  url: address(['http', 'https'], 'set its password in the environment')
    .describe("This Asterisk's REST interface, as `asterisk.url`.")
    .transform((url) => url.replace(/\/+$/, '').replace(/\/ari$/, '')),
  username: line(80).optional().meta({ fallback: 'asterisk.username' }).describe('The user of its ari.conf.'),
  sip: z
    .string()
    .refine((text) => HOST_AND_PORT.test(text) && Number(HOST_AND_PORT.exec(text)?.[3]) <= 65_535, {
      error: ({ input }) => `expected an address and a port such as 10.0.0.1:5060, got ${shown(input)}`,
    })
    .optional()
    .meta({ kind: 'address and port' })
    .describe('Where other switches send calls for members who are registered here.'),
}).transform(({ sip, username, ...written }) => ({ ...written, username: username ?? null, sip: sip ?? null }));

/** Several Asterisks of one queue. */
export const switchesSection = z
  .array(switchFields)
  .min(1, { error: 'expected at least one switch' })
  .max(100)
  .superRefine((switches, context) => {
    for (const [index, { name, url }] of switches.entries()) {
      const first = switches.findIndex((each) => each.name === name || each.url === url);
      if (first === index) continue;
      const what = switches[first]?.name === name ? `the name ${name}` : `the address ${url}`;
      context.addIssue({ code: 'custom', path: [index], message: `has ${what} of another switch` });
    }
  })
  .meta({ kind: 'list of switches' })
  .describe(
    'The Asterisks that serve the queue, when there are several ([switches](#switches)); without it there is one, `main`, of `asterisk`.',
  );
