/** A complex spectrum or signal, changed in place. */
export interface Complex {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** The radix-2 transform of Cooley and Tukey (1965), with its tables made once. */
export class Fft {
  readonly size: number;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  readonly #mirrored: Uint32Array;

  /** @param size a power of two, 2 at the least */
  constructor(size: number) {
    const bits = Math.log2(size);
    if (!Number.isInteger(bits) || bits < 1) throw new RangeError(`the size of a transform is a power of two, not ${size}`);
    this.size = size;
    this.#cosines = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.#sines = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
    this.#mirrored = new Uint32Array(size);
    for (let index = 1; index < size; index++) {
      this.#mirrored[index] = ((this.#mirrored[index >> 1] ?? 0) >> 1) | ((index & 1) << (bits - 1));
    }
  }

  forward(data: Complex): void {
    this.#transform(data, -1);
  }

  /** Undoes `forward`. */
  inverse(data: Complex): void {
    this.#transform(data, 1);
    for (let index = 0; index < this.size; index++) {
      data.real[index] = (data.real[index] ?? 0) / this.size;
      data.imaginary[index] = (data.imaginary[index] ?? 0) / this.size;
    }
  }

  #transform({ real, imaginary }: Complex, direction: 1 | -1): void {
    if (real.length !== this.size || imaginary.length !== this.size) throw new RangeError(`this transform takes ${this.size} values`);
    for (let index = 0; index < this.size; index++) {
      const other = this.#mirrored[index] ?? 0;
      if (other <= index) continue;
      swap(real, index, other);
      swap(imaginary, index, other);
    }
    for (let half = 1; half < this.size; half *= 2) {
      const stride = this.size / (2 * half);
      for (let start = 0; start < this.size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const upper = start + k;
          const lower = upper + half;
          const cosine = this.#cosines[k * stride] ?? 0;
          const sine = direction * (this.#sines[k * stride] ?? 0);
          const lowerReal = real[lower] ?? 0;
          const lowerImaginary = imaginary[lower] ?? 0;
          const turnedReal = lowerReal * cosine - lowerImaginary * sine;
          const turnedImaginary = lowerReal * sine + lowerImaginary * cosine;
          const upperReal = real[upper] ?? 0;
          const upperImaginary = imaginary[upper] ?? 0;
          real[upper] = upperReal + turnedReal;
          imaginary[upper] = upperImaginary + turnedImaginary;
          real[lower] = upperReal - turnedReal;
          imaginary[lower] = upperImaginary - turnedImaginary;
        }
      }
    }
  }
}

function swap(values: Float64Array, one: number, other: number): void {
  const kept = values[one] ?? 0;
  values[one] = values[other] ?? 0;
  values[other] = kept;
}
