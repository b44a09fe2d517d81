import { listFolder } from '../../stasis/media/library/folder-listing.ts';
import type { CheckedPart, CheckFinding } from '../cli/check-report.ts';
import type { Config, MusicClassSettings } from '../config/config.ts';
import { didYouMean } from '../config/nearest.ts';
import { ADVICE_FOLDERS } from '../core/programme/sound.ts';
import { systemClock } from '../lib/clock.ts';

/** Longest wait for a stream's first answer. */
const STREAM_LIMIT_MS = 5000;

/** What was found of one thing: in order, odd, or wrong. */
interface Look {
  readonly summary: string;
  readonly notes: readonly string[];
  readonly findings: readonly CheckFinding[];
}

/** Looks into the folders of sounds and music, and asks the streams: what callers on hold would hear of them. */
export async function checkMusic({ sounds, musicClasses }: Config): Promise<CheckedPart> {
  const looks = await Promise.all([
    lookAtSounds('sounds.folder', sounds.folder),
    ...(sounds.asteriskFolder === null ? [] : [lookAtSounds('sounds.asterisk-folder', sounds.asteriskFolder)]),
    ...musicClasses.map(lookAtClass),
  ]);
  const findings = looks.flatMap((look) => look.findings);
  const summaries = looks.map(({ summary }) => summary).filter((summary) => summary !== '');
  const notes = looks.flatMap((look) => look.notes).map((note) => `\n  ! ${note}`);
  const summary = summaries.length === 0 ? 'no music classes: Asterisk plays all music itself' : summaries.join('; ');
  return { part: 'music', summary: findings.length === 0 ? `${summary}${notes.join('')}` : '', findings };
}

async function lookAtSounds(setting: string, folder: string): Promise<Look> {
  const listing = await listFolder(folder);
  const findings = listing.type === 'absent' ? [folderFinding(setting, folder, listing.reason)] : [];
  return { summary: '', notes: [], findings };
}

async function lookAtClass(musicClass: MusicClassSettings): Promise<Look> {
  const [tracks, advice, stream] = await Promise.all([
    lookAtTracks(musicClass),
    lookAtAdvice(musicClass),
    lookAtStream(musicClass),
  ]);
  const parts = [tracks, advice, stream];
  const summary = parts.map((part) => part.summary).filter((part) => part !== '');
  return {
    summary: `${musicClass.name}: ${summary.join(', ')}`,
    notes: parts.flatMap(({ notes }) => notes),
    findings: parts.flatMap(({ findings }) => findings),
  };
}

const NOTHING: Look = { summary: '', notes: [], findings: [] };

async function lookAtTracks({ name, folder, stream }: MusicClassSettings): Promise<Look> {
  if (folder === null) return NOTHING;
  const setting = `music-classes.${name}.folder`;
  const listing = await listFolder(folder);
  if (listing.type === 'absent') return { ...NOTHING, findings: [folderFinding(setting, folder, listing.reason)] };
  const tracks = new Set(listing.files.map(({ base }) => base)).size;
  const notes = listing.problems.map(({ path, reason }) => `${path} ${reason}`);
  const summary = counted(tracks, 'track');
  if (tracks > 0) return { summary, notes, findings: [] };
  const what = `${setting}: ${folder} holds no track`;
  if (stream !== null) return { summary, notes: [...notes, `${what}: silence while the stream is lost`], findings: [] };
  const mend =
    'Put music into it: WAV, FLAC, Ogg Vorbis, Ogg Opus or MP3; or take the class away, then Asterisk plays its own';
  return { summary, notes, findings: [{ what, mend }] };
}

async function lookAtAdvice({ name, adviceFolder: folder }: MusicClassSettings): Promise<Look> {
  if (folder === null) return NOTHING;
  const setting = `music-classes.${name}.advice`;
  const whole = await listFolder(folder);
  if (whole.type === 'absent') return { ...NOTHING, findings: [folderFinding(setting, folder, whole.reason)] };
  const notes = whole.folders
    .filter((each) => !ADVICE_FOLDERS.some((known) => known === each))
    .map(
      (each) =>
        `${folder}/${each} is not heard: advice has the folders ${ADVICE_FOLDERS.join(', ')}${didYouMean(each, ADVICE_FOLDERS)}`,
    );
  if (whole.files.length > 0) notes.push(`${folder} holds sound files beside its folders, which are not heard`);
  const known = ADVICE_FOLDERS.filter((each) => whole.folders.includes(each));
  let pieces = 0;
  for (const each of known) {
    const listing = await listFolder(`${folder}/${each}`);
    if (listing.type === 'absent') notes.push(`${folder}/${each} ${listing.reason}`);
    else {
      pieces += new Set(listing.files.map(({ base }) => base)).size;
      notes.push(...listing.problems.map(({ path, reason }) => `${path} ${reason}`));
    }
  }
  return { summary: counted(pieces, 'piece', 'of advice'), notes, findings: [] };
}

/** A stream that is away is odd, not wrong: the class's files are played meanwhile. */
async function lookAtStream({ name, stream, folder }: MusicClassSettings): Promise<Look> {
  if (stream === null) return NOTHING;
  const fault = await streamFault(stream);
  if (fault === null) return { ...NOTHING, summary: 'its stream answers' };
  const meanwhile = folder === null ? "Asterisk's own music" : "the class's files";
  const note = `music-classes.${name}.stream: ${fault}; ${meanwhile} would be heard`;
  return { summary: 'its stream does not answer', notes: [note], findings: [] };
}

async function streamFault(url: string): Promise<string | null> {
  const limit = new AbortController();
  const reason = new Error(`no answer within ${STREAM_LIMIT_MS / 1000} s`);
  const cancel = systemClock.after(STREAM_LIMIT_MS, () => limit.abort(reason));
  try {
    const response = await fetch(url, { signal: limit.signal, headers: { 'icy-metadata': '1' } });
    await response.body?.cancel();
    if (response.status !== 200) return `it answers ${response.status}`;
    const type = response.headers.get('content-type') ?? 'nothing';
    return /^(?:audio\/|application\/ogg)/i.test(type) ? null : `it sends ${type}, no sound`;
  } catch (error) {
    const { cause, message } = error as Error;
    return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
  } finally {
    cancel();
  }
}

function folderFinding(setting: string, folder: string, reason: string): CheckFinding {
  const mend = 'Make the folder, let the user of queueapp read it, or correct the setting';
  return { what: `${setting}: ${folder} ${reason}`, mend };
}

const counted = (count: number, word: string, more = '') =>
  [String(count), count === 1 ? word : `${word}s`, more].filter((part) => part !== '').join(' ');
