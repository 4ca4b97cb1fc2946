/** Pixel arithmetic that gives, to the bit, what OpenCV gives to Python: the same boxes and distributions depend on it. */

import type { Picture } from "./types";

/** One byte a sample, `channels` samples a pixel. */
export interface Raster {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** Rounds halves to the even neighbour, as Python and OpenCV do. */
export function roundEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Red, green and blue; what is transparent has been laid on white by whoever decoded it. */
export function rgb(picture: Picture): Raster {
  const data = new Uint8Array(picture.width * picture.height * 3);
  for (let from = 0, to = 0; from < picture.data.length; from += 4) {
    data[to++] = picture.data[from]!;
    data[to++] = picture.data[from + 1]!;
    data[to++] = picture.data[from + 2]!;
  }
  return { width: picture.width, height: picture.height, channels: 3, data };
}

/** Brightness, with OpenCV's integer weights. */
export function grey(picture: Picture): Raster {
  const data = new Uint8Array(picture.width * picture.height);
  for (let to = 0, from = 0; to < data.length; to++, from += 4) {
    const sum = picture.data[from]! * 9798 + picture.data[from + 1]! * 19235 + picture.data[from + 2]! * 3735;
    data[to] = (sum + 16384) >> 15;
  }
  return { width: picture.width, height: picture.height, channels: 1, data };
}

/** Rounds a mean of so many samples a side as OpenCV does: of four it rounds halves up, of more to the even neighbour. */
export function roundMean(mean: number, samples: number): number {
  return samples === 2 ? Math.floor(mean + 0.5) : roundEven(mean);
}

/** Means over the area that each new pixel covers when scaled down, bilinear samples when scaled up. */
export function resize(source: Raster, width: number, height: number): Raster {
  return width < source.width || height < source.height ? shrink(source, width, height) : enlarge(source, width, height);
}

function shrink(source: Raster, width: number, height: number): Raster {
  const columns = areaWeights(source.width, width);
  const rows = areaWeights(source.height, height);
  const halves = 2 * width === source.width && 2 * height === source.height ? 2 : 1;
  const { channels } = source;
  const narrow = new Float32Array(source.height * width * channels);
  for (let y = 0; y < source.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      const to = (y * width + x) * channels;
      for (let k = 0; k < weights.length; k++) {
        const from = (y * source.width + first + k) * channels;
        for (let c = 0; c < channels; c++) narrow[to + c]! += Math.fround(weights[k]! * source.data[from + c]!);
      }
    }
  }
  const data = new Uint8Array(width * height * channels);
  const stride = width * channels;
  const sums = new Float32Array(stride);
  for (let y = 0; y < height; y++) {
    const { first, weights } = rows[y]!;
    sums.fill(0);
    for (let k = 0; k < weights.length; k++) {
      const from = (first + k) * stride;
      for (let i = 0; i < stride; i++) sums[i]! += Math.fround(weights[k]! * narrow[from + i]!);
    }
    for (let i = 0; i < stride; i++) data[y * stride + i] = roundMean(sums[i]!, halves);
  }
  return { width, height, channels, data };
}

interface Weights {
  first: number;
  weights: number[];
}

/** For each new pixel the old ones that it covers, and how much of it each is; slivers under 1/1000 do not count. */
function areaWeights(from: number, to: number): Weights[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const start = i * scale;
    const end = start + scale;
    const width = Math.min(scale, from - start);
    const last = Math.min(Math.floor(end), from - 1);
    const whole = Math.min(Math.ceil(start), last);
    const weights = [];
    if (whole - start > 1e-3) weights.push(Math.fround((whole - start) / width));
    const first = whole - weights.length;
    for (let j = whole; j < last; j++) weights.push(Math.fround(1 / width));
    if (end - last > 1e-3) weights.push(Math.fround(Math.min(end - last, 1, width) / width));
    return { first, weights };
  });
}

// OpenCV enlarges in whole numbers: weights in 1/2048, of which it drops some bits on the way.
const WEIGHT = 2048;

function enlarge(source: Raster, width: number, height: number): Raster {
  const { channels } = source;
  const columns = neighbours(source.width, width);
  const rows = neighbours(source.height, height);
  const data = new Uint8Array(width * height * channels);
  const stride = source.width * channels;
  for (let y = 0; y < height; y++) {
    const [top, bottom, upper, lower] = rows[y]!;
    for (let x = 0; x < width; x++) {
      const [left, right, before, after] = columns[x]!;
      for (let c = 0; c < channels; c++) {
        const across = (row: number): number =>
          source.data[row * stride + left * channels + c]! * before + source.data[row * stride + right * channels + c]! * after;
        const sum = ((upper * (across(top) >> 4)) >> 16) + ((lower * (across(bottom) >> 4)) >> 16);
        data[(y * width + x) * channels + c] = (sum + 2) >> 2;
      }
    }
  }
  return { width, height, channels, data };
}

/** For each new pixel the two old ones beside its middle and their weights; the border goes on outside. */
function neighbours(from: number, to: number): [number, number, number, number][] {
  return Array.from({ length: to }, (_, i) => {
    const middle = Math.fround((i + 0.5) * (from / to) - 0.5);
    const first = Math.floor(middle);
    if (first < 0) return [0, 0, WEIGHT, 0];
    if (first >= from - 1) return [from - 1, from - 1, WEIGHT, 0];
    const part = Math.fround(middle - first);
    return [first, first + 1, roundEven((1 - part) * WEIGHT), roundEven(part * WEIGHT)];
  });
}
