/** Radix-2 FFT of one size (a power of two) over real and imaginary parts, in place; tables are computed once. */
export class Fft {
  readonly size: number;
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  readonly #reversed: Uint32Array;

  constructor(size: number) {
    if (size < 2 || (size & (size - 1)) !== 0) throw new Error(`An FFT needs a power of two, not ${size}`);
    this.size = size;
    this.#cosine = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.#sine = Float64Array.from({ length: size / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
    const bits = Math.log2(size);
    this.#reversed = new Uint32Array(size);
    for (let index = 0; index < size; index += 1) {
      this.#reversed[index] = ((this.#reversed[index >> 1] ?? 0) >> 1) | ((index & 1) << (bits - 1));
    }
  }

  /** Transforms in place. */
  forward(re: Float64Array, im: Float64Array): void {
    this.#shuffle(re, im);
    for (let half = 1; half < this.size; half *= 2) {
      const stride = this.size / (2 * half);
      for (let start = 0; start < this.size; start += 2 * half) this.#butterflies({ re, im, start, half, stride });
    }
  }

  /** Transforms back in place, scaled so that it undoes `forward`. */
  inverse(re: Float64Array, im: Float64Array): void {
    // With the parts exchanged the same butterflies run backwards.
    this.forward(im, re);
    for (let index = 0; index < this.size; index += 1) {
      re[index] = (re[index] ?? 0) / this.size;
      im[index] = (im[index] ?? 0) / this.size;
    }
  }

  #shuffle(re: Float64Array, im: Float64Array): void {
    for (let index = 0; index < this.size; index += 1) {
      const other = this.#reversed[index] ?? 0;
      if (other <= index) continue;
      const [realPart, imaginaryPart] = [re[index] ?? 0, im[index] ?? 0];
      re[index] = re[other] ?? 0;
      im[index] = im[other] ?? 0;
      re[other] = realPart;
      im[other] = imaginaryPart;
    }
  }

  #butterflies({
    re,
    im,
    start,
    half,
    stride,
  }: {
    re: Float64Array;
    im: Float64Array;
    start: number;
    half: number;
    stride: number;
  }): void {
    const cosine = this.#cosine;
    const sine = this.#sine;
    for (let k = 0; k < half; k += 1) {
      const c = cosine[k * stride] ?? 0;
      const s = sine[k * stride] ?? 0;
      const upper = start + k;
      const lower = upper + half;
      const lowerRe = re[lower] ?? 0;
      const lowerIm = im[lower] ?? 0;
      const turnedRe = lowerRe * c - lowerIm * s;
      const turnedIm = lowerRe * s + lowerIm * c;
      const upperRe = re[upper] ?? 0;
      const upperIm = im[upper] ?? 0;
      re[lower] = upperRe - turnedRe;
      im[lower] = upperIm - turnedIm;
      re[upper] = upperRe + turnedRe;
      im[upper] = upperIm + turnedIm;
    }
  }
}
