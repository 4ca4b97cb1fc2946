/** The two networks on ONNX Runtime: picture -> faces -> what they express. */

import type * as Ort from "onnxruntime-web";

import { readContract, readingOf, softmax, type ClassifierContract, type DetectorContract } from "./contract";
import { cropFace } from "./crop";
import { grey, resize, rgb, roundEven, type Raster } from "./pixels";
import type { Engine } from "./engine";
import type { Box, Face, Picture, Point, ReadFace, Reading } from "./types";

// As in faces/detector.py: the picture scaled so that the smallest face sought has the size that the network was trained
// for, and quarters of that until the largest face that could be there is as large as those it was trained on.
const LEVEL = 4;
const LARGEST_VIEW = 256;
const SHORTEST_VIEW = 160;
const LONGEST_VIEW = 2048;
const SAME_FACE = 0.4;
const WITHIN = 0.75;

export class Networks {
  private constructor(
    private readonly ort: Engine["ort"],
    private readonly detector: Ort.InferenceSession,
    private readonly finding: DetectorContract,
    private readonly classifier: Ort.InferenceSession,
    readonly reading: ClassifierContract,
  ) {}

  /** Opens both from their files' bytes. */
  static async open({ ort, provider }: Engine, detector: Uint8Array, classifier: Uint8Array): Promise<Networks> {
    const options: Ort.InferenceSession.SessionOptions = { executionProviders: [provider], logSeverityLevel: 3 };
    const networks = new Networks(
      ort,
      await ort.InferenceSession.create(detector, options),
      readContract<DetectorContract>(detector, "detector"),
      await ort.InferenceSession.create(classifier, options),
      readContract<ClassifierContract>(classifier, "classifier"),
    );
    await networks.classify(new Float32Array(networks.reading.crop.side ** 2), 1); // so that the first face does not wait
    return networks;
  }

  /** The faces of a picture, largest first, read. */
  async look(picture: Picture, minFace = 40): Promise<ReadFace[]> {
    const faces = await this.find(picture, minFace);
    if (faces.length === 0) return [];
    const brightness = grey(picture);
    const { side } = this.reading.crop;
    const crops = new Float32Array(faces.length * side * side);
    faces.forEach((face, i) => {
      const crop = cropFace(brightness, face, this.reading.crop);
      crop.forEach((level, j) => (crops[i * side * side + j] = level / this.reading.scaling));
    });
    const logits = await this.classify(crops, faces.length);
    const count = this.reading.labels.length;
    return faces.map((face, i) => ({ ...face, reading: this.read(logits.subarray(i * count, (i + 1) * count)) }));
  }

  private async classify(crops: Float32Array, count: number): Promise<Float32Array> {
    const { side } = this.reading.crop;
    const input = new this.ort.Tensor("float32", crops, [count, 1, side, side]);
    const output = await this.classifier.run({ [this.classifier.inputNames[0]!]: input });
    return output[this.classifier.outputNames[0]!]!.data as Float32Array;
  }

  private read(logits: Float32Array): Reading {
    return readingOf(softmax(Array.from(logits, (logit) => logit / this.reading.temperature)), this.reading);
  }

  private async find(picture: Picture, minFace: number): Promise<Face[]> {
    const colours = rgb(picture);
    const longer = Math.max(picture.width, picture.height);
    let scale = Math.min(Math.max(this.finding.smallest / minFace, SHORTEST_VIEW / longer), LONGEST_VIEW / longer);
    const found = await this.view(colours, scale);
    while (scale * longer > LARGEST_VIEW) {
      scale /= LEVEL;
      found.push(...(await this.view(colours, scale)));
    }
    return oneEach(found).sort((a, b) => area(b.box) - area(a.box));
  }

  private async view(picture: Raster, scale: number): Promise<Face[]> {
    const width = Math.max(1, roundEven(picture.width * scale));
    const height = Math.max(1, roundEven(picture.height * scale));
    const scaled = width === picture.width && height === picture.height ? picture : resize(picture, width, height);
    const up = (side: number): number => Math.ceil(side / this.finding.multiple) * this.finding.multiple;
    const padded = new Uint8Array(up(height) * up(width) * 3);
    for (let y = 0; y < height; y++) padded.set(scaled.data.subarray(y * width * 3, (y + 1) * width * 3), y * up(width) * 3);
    const { boxes, scores, landmarks } = await this.detector.run({
      picture: new this.ort.Tensor("uint8", padded, [up(height), up(width), 3]),
      threshold: new this.ort.Tensor("float32", [this.finding.threshold], [1]),
    });
    const back: Point = [picture.width / width, picture.height / height];
    const [corners, points] = [boxes!.data as Float32Array, landmarks!.data as Float32Array];
    return Array.from(scores!.data as Float32Array, (score, i) => ({
      box: {
        x: corners[4 * i]! * back[0],
        y: corners[4 * i + 1]! * back[1],
        width: corners[4 * i + 2]! * back[0],
        height: corners[4 * i + 3]! * back[1],
      },
      score,
      landmarks: [0, 1, 2, 3, 4].map((k): Point => [points[10 * i + 2 * k]! * back[0], points[10 * i + 2 * k + 1]! * back[1]]),
    })).filter(({ box }) => Math.min(box.width, box.height) > 0);
  }
}

function area(box: Box): number {
  return box.width * box.height;
}

/** Each face once, the surest box of it: what several levels found, or a part of a face beside the whole. */
function oneEach(faces: Face[]): Face[] {
  const kept: Face[] = [];
  for (const face of [...faces].sort((a, b) => b.score - a.score)) {
    if (!kept.some((other) => same(face.box, other.box))) kept.push(face);
  }
  return kept;
}

function same(a: Box, b: Box): boolean {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared > SAME_FACE * (area(a) + area(b) - shared) || shared > WITHIN * Math.min(area(a), area(b));
}
