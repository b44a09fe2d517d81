import { isOk } from './answers.ts';
import type { AriResponse, SendRequest } from './request-table.ts';
import { uri } from './uri.ts';

/**
 * Events that nothing here needs: two of three that a call causes (README.md, "What it costs"). Asterisk is told not to make them.
 * A list of unwanted ones, not of wanted ones: Asterisk filters `RESTResponse` by the same list, and a list of wanted events
 * without it ends every answer.
 */
const UNWANTED_EVENTS = [
  'BridgeCreated',
  'BridgeDestroyed',
  'BridgeMerged',
  'BridgeVideoSourceChanged',
  'ChannelCallerId',
  'ChannelConnectedLine',
  'ChannelCreated',
  'ChannelDialplan',
  'ChannelTalkingFinished',
  'ChannelTalkingStarted',
  'ChannelToneDetected',
  'ChannelUserevent',
  'ChannelVarset',
  'ContactStatusChange',
  'EndpointStateChange',
  'PeerStatusChange',
  'PlaybackContinuing',
  'PlaybackStarted',
  'TextMessageReceived',
];

/** Sets the application's event filter. Asterisk forgets it when the application ends, so this is asked at each connection. */
export async function filterEvents(
  send: SendRequest,
  application: string,
  timeoutMs: number,
): Promise<AriResponse | 'done'> {
  const response = await send(
    {
      method: 'PUT',
      address: uri`applications/${application}/eventFilter`,
      body: { allowed: [], disallowed: UNWANTED_EVENTS.map((type) => ({ type })) },
    },
    timeoutMs,
  );
  return isOk(response) ? 'done' : response;
}
