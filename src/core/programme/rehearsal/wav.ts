/** Mono sound as the bytes of a WAV file of 16-bit PCM. */
export function wavFile({ samples, rate }: { readonly samples: Int16Array; readonly rate: number }): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at: number, word: string): void => {
    for (let index = 0; index < word.length; index += 1) bytes.setUint8(at + index, word.charCodeAt(index));
  };
  text(0, 'RIFF');
  bytes.setUint32(4, 36 + samples.length * 2, true);
  text(8, 'WAVEfmt ');
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, rate * 2, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  text(36, 'data');
  bytes.setUint32(40, samples.length * 2, true);
  for (let index = 0; index < samples.length; index += 1)
    bytes.setInt16(44 + index * 2, samples[index] as number, true);
  return new Uint8Array(bytes.buffer);
}
