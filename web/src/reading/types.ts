/** What is passed between the page and its worker. */

/** A decoded picture: RGBA bytes, row by row, as a canvas gives them. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/** In pixels of the picture: left edge, top edge, width, height. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Point = [x: number, y: number];

export interface Face {
  box: Box;
  score: number;
  landmarks: Point[];
}

/** distribution: in the order of the contract's labels. expression: null when unsure. */
export interface Reading {
  distribution: number[];
  expression: string | null;
  confidence: number;
}

export interface ReadFace extends Face {
  reading: Reading;
}
