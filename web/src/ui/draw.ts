/** Boxes and titles on a canvas. */

import type { ReadFace } from "../reading/types";
import { COLOURS, UNSURE } from "./colours";

export interface Named {
  face: ReadFace;
  title: string;
}

/** Marks faces on a canvas of the picture's size; with `mirrored`, where the mirrored picture shows them. */
export function drawFaces(canvas: CanvasRenderingContext2D, faces: Named[], mirrored = false): void {
  for (const { face, title } of [...faces].sort((a, b) => b.face.box.width - a.face.box.width)) {
    const { x, y, width, height } = face.box;
    const left = mirrored ? canvas.canvas.width - x - width : x;
    const colour = face.reading.expression ? (COLOURS[face.reading.expression] ?? UNSURE) : UNSURE;
    const size = Math.max(13, Math.min(34, width / 7));
    canvas.lineWidth = Math.max(2, size / 6) + 2;
    canvas.strokeStyle = "#14161c";
    canvas.strokeRect(left, y, width, height);
    canvas.lineWidth -= 2;
    canvas.strokeStyle = colour;
    canvas.strokeRect(left, y, width, height);
    canvas.font = `600 ${size}px system-ui, sans-serif`;
    const pad = size * 0.4;
    const wide = canvas.measureText(title).width + 2 * pad;
    const top = y - size * 1.6 > 0 ? y - size * 1.6 : y + height;
    const start = Math.max(0, Math.min(left, canvas.canvas.width - wide));
    canvas.fillStyle = "rgba(20, 22, 28, 0.85)";
    canvas.fillRect(start, top, wide, size * 1.5);
    canvas.fillStyle = colour;
    canvas.fillText(title, start + pad, top + size * 1.08);
  }
}
