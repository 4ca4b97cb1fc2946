/** What was seen over time: kept in memory, drawn as stacked areas, saved as CSV. */

import type { Track } from "../reading/follow";
import { COLOURS } from "./colours";

export interface Moment {
  time: number;
  tracks: Track[];
}

const WINDOW = 30;
const LONGEST = 36_000;
const BAND = 56;

export class Timeline {
  readonly moments: Moment[] = [];

  add(time: number, tracks: Track[]): void {
    this.moments.push({ time, tracks });
    if (this.moments.length > LONGEST) this.moments.shift();
  }

  /** The moment nearest to a time. */
  at(time: number): Moment | undefined {
    let best: Moment | undefined;
    for (const moment of this.moments) if (!best || Math.abs(moment.time - time) < Math.abs(best.time - time)) best = moment;
    return best;
  }

  /** First and last second that the drawing shows. */
  get span(): [number, number] {
    const last = this.moments.at(-1)?.time ?? 0;
    return [Math.max(0, last - WINDOW), Math.max(last, 1)];
  }

  /** One band a face, the probabilities stacked; returns the numbers of the faces from the top. */
  draw(context: CanvasRenderingContext2D, labels: string[]): number[] {
    const [start, end] = this.span;
    const shown = this.moments.filter(({ time }) => time >= start);
    const numbers = [...new Set(shown.flatMap(({ tracks }) => tracks.map(({ number }) => number)))].sort((a, b) => a - b).slice(-4);
    const { canvas } = context;
    const height = Math.max(1, numbers.length) * BAND;
    if (canvas.height !== height) canvas.height = height;
    context.clearRect(0, 0, canvas.width, height);
    const scale = canvas.width / (end - start);
    shown.forEach(({ time, tracks }, i) => {
      const until = Math.min(shown[i + 1]?.time ?? time + 0.1, time + 1);
      for (const { number, face } of tracks) {
        const band = numbers.indexOf(number);
        if (band < 0) continue;
        let low = (band + 1) * BAND - 4;
        labels.forEach((label, k) => {
          const part = (BAND - 8) * (face.reading.distribution[k] ?? 0);
          context.fillStyle = COLOURS[label] ?? "#888";
          context.fillRect((time - start) * scale, low - part, Math.max(1, (until - time) * scale + 0.5), part);
          low -= part;
        });
      }
    });
    return numbers;
  }

  /** Rows as `mien watch --out` names them. */
  csv(labels: string[]): string {
    const rows = [["time", "track", "x", "y", "width", "height", "score", "expression", "confidence", ...labels].join(",")];
    for (const { time, tracks } of this.moments) {
      if (tracks.length === 0) rows.push(`${time.toFixed(3)}${",".repeat(8 + labels.length)}`);
      for (const { number, face } of tracks) {
        const { box, score, reading } = face;
        const numbers = [box.x, box.y, box.width, box.height].map((value) => value.toFixed(1));
        const shares = reading.distribution.map((share) => share.toFixed(5));
        rows.push(
          [time.toFixed(3), number, ...numbers, score.toFixed(4), reading.expression ?? "", reading.confidence.toFixed(4), ...shares].join(","),
        );
      }
    }
    return `${rows.join("\n")}\n`;
  }
}
