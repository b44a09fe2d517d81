/** Branded strings: two ids that meet in one signature can't be swapped by mistake. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Our own id of one caller's visit, fixed length; Asterisk's uniqueid is kept beside it. */
export type CallId = Branded<'CallId'>;
/** One place in one queue: a caller who enters twice has two. */
export type EntryId = Branded<'EntryId'>;
/** One offer of one call to one member; also the pubsub item's id. */
export type AttemptId = Branded<'AttemptId'>;
/** An Asterisk channel id, as ARI's `channel.id`. */
export type ChannelId = Branded<'ChannelId'>;
/** An Asterisk bridge id, as ARI's `bridge.id`. */
export type BridgeId = Branded<'BridgeId'>;
/** An ARI playback id, always chosen by us before the request. */
export type PlaybackId = Branded<'PlaybackId'>;
/** Our own id of one file of a recorded conversation. */
export type RecordingId = Branded<'RecordingId'>;
/** The number of an extension, for example `1000`. */
export type ExtensionNumber = Branded<'ExtensionNumber'>;
/** The name of a queue as configuration and queue_log spell it. */
export type QueueName = Branded<'QueueName'>;
/** The name of a switch (one Asterisk) as the configuration spells it. */
export type SwitchName = Branded<'SwitchName'>;

export const callId = (value: string) => value as CallId;
export const entryId = (value: string) => value as EntryId;
export const attemptId = (value: string) => value as AttemptId;
export const channelId = (value: string) => value as ChannelId;
export const bridgeId = (value: string) => value as BridgeId;
export const playbackId = (value: string) => value as PlaybackId;
export const recordingId = (value: string) => value as RecordingId;
export const extensionNumber = (value: string) => value as ExtensionNumber;
export const queueName = (value: string) => value as QueueName;
export const switchName = (value: string) => value as SwitchName;

const MEDIA_CHANNEL_PREFIX = 'queueapp-media-';

/** The id of a channel that carries a caller's programme. `unique` is a UUID: all of them have one length, because Asterisk refuses an id that another one begins with. */
export const mediaChannelId = (unique: string) => channelId(MEDIA_CHANNEL_PREFIX + unique);
/** Whether a channel in the application carries audio of ours, of whatever process: it is nobody's call. */
export const isMediaChannel = (id: ChannelId) => id.startsWith(MEDIA_CHANNEL_PREFIX);

const RECORDING_CHANNEL_PREFIX = 'queueapp-record-';

/** The id of a channel that listens to another one for a recording. `unique` is the recording's id, a UUID. */
export const recordingChannelId = (unique: RecordingId) => channelId(RECORDING_CHANNEL_PREFIX + unique);
/** Whether a channel in the application writes a recording, of whatever process: it is nobody's call. */
export const isRecordingChannel = (id: ChannelId) => id.startsWith(RECORDING_CHANNEL_PREFIX);
