import type { TransferTarget } from '../../src/core/events.ts';
import { channelId } from '../../src/core/ids.ts';
import type { PbxEvent, TransferLeg } from '../../src/ports/pbx.ts';
import { type Fields, fields, text } from './fields.ts';

/** Reads ARI's `BridgeAttendedTransfer`; `undefined` when it failed, or made a conference of three, which is no transfer. */
export function toAttendedTransfer(event: Fields): PbxEvent | undefined {
  const target = transferTarget(event);
  const first = text(fields(event, 'transferer_first_leg'), 'id');
  const second = fields(event, 'transferer_second_leg');
  if (target === undefined || first === '' || text(event, 'result') !== 'Success') return undefined;
  const leg = (id: string, partner: string): TransferLeg => ({
    channelId: channelId(id),
    meets: text(fields(event, partner), 'name') || null,
  });
  return {
    type: 'attended-transfer',
    firstLeg: leg(first, 'transfer_target'),
    secondLeg: leg(text(second, 'id'), 'transferee'),
    dialled: text(fields(second, 'dialplan'), 'exten'),
    target,
  };
}

/** Of bridges of ours Asterisk joins others by a pair of channels (`link`); `bridge` is what it does among its own. */
function transferTarget(event: Fields): TransferTarget | undefined {
  switch (text(event, 'destination_type')) {
    case 'bridge':
      return { type: 'BRIDGE', bridgeId: text(event, 'destination_bridge') };
    case 'application':
      return { type: 'APP', application: text(event, 'destination_application') };
    case 'link': {
      const name = (which: string) => text(fields(event, `destination_link_${which}_leg`), 'name');
      return { type: 'LINK', channelNames: [name('first'), name('second')] };
    }
    default:
      return undefined;
  }
}
