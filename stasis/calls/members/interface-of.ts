/** Whose phone a channel is: `PJSIP/1000-0000002a` → `PJSIP/1000`. Never caller id, which anybody may present. */
export function interfaceOf(channelName: string): string {
  return channelName.replace(/-[0-9a-f]+(;\d)?$/i, '');
}
