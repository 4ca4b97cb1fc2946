/** A face turned, cut and scaled for the classifier: what faces/crop.py does, and tested against it. */

import type { CropRule } from "./contract";
import { roundEven, roundMean, type Raster } from "./pixels";
import type { Face } from "./types";

/** Beyond 3072 px, 64 samples a pixel of the crop are enough. */
const MOST_SAMPLES = 64;

interface Frame {
  x: number;
  y: number;
  side: number;
  angle: number;
}

/** Centre, side and angle (radians, clockwise) of the square that the rule cuts for a face. */
export function frame(face: Face, rule: CropRule): Frame {
  let angle = 0;
  if (rule.upright && face.landmarks.length === 5) {
    const [rightEye, leftEye, , rightMouth, leftMouth] = face.landmarks as [...Face["landmarks"]] & { length: 5 };
    const across = (axis: 0 | 1): number =>
      leftEye![axis] - rightEye![axis] + leftMouth![axis] - rightMouth![axis];
    angle = Math.atan2(across(1), across(0));
  }
  const longer = Math.max(face.box.width, face.box.height);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return {
    x: face.box.x + face.box.width / 2 + (rule.offset_x * cos - rule.offset_y * sin) * longer,
    y: face.box.y + face.box.height / 2 + (rule.offset_x * sin + rule.offset_y * cos) * longer,
    side: rule.margin * longer,
    angle,
  };
}

// OpenCV warps in whole numbers: places in 1/1024 of a pixel, rounded to 1/32 before it looks between four pixels.
const PLACES = 1024;
const BETWEEN = 32;

/** The crop, side x side grey levels 0..255: each the mean of k x k bilinear samples at most one pixel apart. */
export function cropFace(picture: Raster, face: Face, rule: CropRule): Uint8Array {
  const { x, y, side, angle } = frame(face, rule);
  const samples = Math.min(MOST_SAMPLES, Math.max(1, Math.ceil(side / rule.side)));
  const fine = rule.side * samples;
  const step = side / fine;
  const across = step * Math.cos(angle);
  const down = step * Math.sin(angle);
  const middle = (fine - 1) / 2;
  const left = x - 0.5 - middle * (across - down);
  const top = y - 0.5 - middle * (across + down);
  const half = PLACES / BETWEEN / 2;
  const sums = new Float64Array(rule.side * rule.side);
  for (let row = 0; row < fine; row++) {
    const startX = roundEven((left - down * row) * PLACES) + half;
    const startY = roundEven((top + across * row) * PLACES) + half;
    for (let column = 0; column < fine; column++) {
      const placeX = Math.floor((startX + roundEven(across * column * PLACES)) / BETWEEN);
      const placeY = Math.floor((startY + roundEven(down * column * PLACES)) / BETWEEN);
      sums[Math.floor(row / samples) * rule.side + Math.floor(column / samples)]! += between(picture, placeX, placeY);
    }
  }
  return Uint8Array.from(sums, (sum) => roundMean(sum / samples ** 2, samples));
}

/** The bilinear sample at a place in 1/32 of a pixel, pixel centres at whole pixels; outside, the border goes on. */
function between(source: Raster, placeX: number, placeY: number): number {
  const left = Math.floor(placeX / BETWEEN);
  const top = Math.floor(placeY / BETWEEN);
  const right = placeX - left * BETWEEN;
  const low = placeY - top * BETWEEN;
  const x1 = Math.max(0, Math.min(left, source.width - 1));
  const x2 = Math.max(0, Math.min(left + 1, source.width - 1));
  const y1 = Math.max(0, Math.min(top, source.height - 1)) * source.width;
  const y2 = Math.max(0, Math.min(top + 1, source.height - 1)) * source.width;
  const upper = source.data[y1 + x1]! * (BETWEEN - right) + source.data[y1 + x2]! * right;
  const lower = source.data[y2 + x1]! * (BETWEEN - right) + source.data[y2 + x2]! * right;
  return Math.floor((upper * (BETWEEN - low) + lower * low) / BETWEEN ** 2 + 0.5);
}
