import { describe, expect, test } from '@jest/globals';
import { firstOfPlaylist, isHls, shownAddress, streamAddress } from '../../../stasis/media/stream/address.ts';
import { codecByBytes, contentOf } from '../../../stasis/media/stream/content.ts';

const BASE = new URL('http://radio.example/lists/all.m3u');

describe('Playlists', () => {
  test.each([
    ['#EXTM3U\r\n#EXTINF:-1,One\r\nhttp://a.example:8000/live\r\nhttp://b.example/', 'http://a.example:8000/live'],
    ['\uFEFFhttp://a.example/x', 'http://a.example/x'],
    ['# only\n\n../live', 'http://radio.example/live'],
    ['file:///etc/passwd\nhttps://a.example/x', 'https://a.example/x'],
    ['[playlist]\nfile1 = https://a.example/s\nLength1=-1', 'https://a.example/s'],
    ['[Playlist]\nTitle1=http://no.example/\nFile1=/s', 'http://radio.example/s'],
  ])('%j names %s', (text, url) => {
    expect(firstOfPlaylist(text, BASE)?.href).toBe(url);
  });

  test.each(['', '#EXTM3U\n', '[playlist]\nTitle1=x', 'file:///x'])('%j names nothing', (text) => {
    expect(firstOfPlaylist(text, BASE)).toBeNull();
  });

  test('of HLS are told from others', () => {
    expect(isHls('#EXTM3U\n#EXT-X-TARGETDURATION:6\na.ts')).toBe(true);
    expect(isHls('#EXTM3U\n#EXTINF:-1,x\nhttp://a/')).toBe(false);
  });
});

test('Only the web has streams', () => {
  expect(streamAddress('ftp://a/b')).toBeNull();
  expect(streamAddress('//a/b')).toBeNull();
  expect(streamAddress('https://a/b')?.href).toBe('https://a/b');
});

test('Neither password nor key are shown', () => {
  expect(shownAddress(new URL('https://me:secret@host:8443/live?key=secret#x'))).toBe('https://host:8443/live');
});

test.each([
  ['audio/mpeg', 'mpeg'],
  ['Audio/AACP; charset=utf-8', 'aac'],
  ['application/ogg; codecs=opus', 'ogg'],
  ['audio/x-scpls', 'playlist'],
  ['application/octet-stream', 'unknown'],
  ['', 'unknown'],
  ['text/html', 'other'],
  ['constructor', 'other'],
])('%j is %s', (type, content) => {
  expect(contentOf(type)).toBe(content);
});

test.each([
  [[0x4f, 0x67, 0x67, 0x53], 'ogg'],
  [[0x49, 0x44, 0x33, 4], 'mpeg'],
  [[0xff, 0xfb, 0x90, 0], 'mpeg'],
  [[0xff, 0xf1, 0x50, 0x80], 'aac'],
  [[0xff, 0xf9, 0x50, 0x80], 'aac'],
  [[0x3c, 0x68, 0x74, 0x6d], null],
  [[0, 0, 0, 0], null],
])('Bytes %j begin %s', (bytes, codec) => {
  expect(codecByBytes(Uint8Array.from(bytes))).toBe(codec);
});
