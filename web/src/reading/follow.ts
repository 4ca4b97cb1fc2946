/** The same face keeps its number from frame to frame, and its distribution is smoothed over time. */

import type { ClassifierContract } from "./contract";
import { readingOf } from "./contract";
import type { Box, ReadFace } from "./types";

export interface Track {
  number: number;
  seen: number;
  face: ReadFace;
}

const KEEP = 1.5;
/** A face farther from where it was than this share of its size is another one. */
const REACH = 0.9;

/** Gives faces their numbers and smooths what they express; `timeConstant` in seconds as in the Python side's filter. */
export class Follower {
  private tracks: Track[] = [];
  private next = 1;

  constructor(
    private readonly contract: ClassifierContract,
    private readonly timeConstant = 0.5,
  ) {}

  /** The faces of a frame at `time` (seconds), each with its number. */
  follow(time: number, faces: ReadFace[]): Track[] {
    this.tracks = this.tracks.filter((track) => time - track.seen <= KEEP);
    const free = new Set(this.tracks);
    return faces.map((face) => {
      const near = [...free]
        .map((track) => ({ track, apart: distance(track.face.box, face.box) }))
        .filter(({ apart }) => apart <= REACH)
        .sort((a, b) => a.apart - b.apart)[0]?.track;
      if (!near) {
        const opened = { number: this.next++, seen: time, face };
        this.tracks.push(opened);
        return opened;
      }
      free.delete(near);
      near.face = { ...face, reading: this.smooth(near, face, time) };
      near.seen = time;
      return { ...near };
    });
  }

  private smooth(track: Track, face: ReadFace, time: number): ReadFace["reading"] {
    const weight = 1 - Math.exp((track.seen - time) / this.timeConstant);
    const past = track.face.reading.distribution;
    const distribution = face.reading.distribution.map((share, i) => past[i]! + weight * (share - past[i]!));
    return readingOf(distribution, this.contract);
  }
}

function distance(a: Box, b: Box): number {
  const apart = Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
  return apart / Math.sqrt(Math.max(a.width * a.height, b.width * b.height));
}

