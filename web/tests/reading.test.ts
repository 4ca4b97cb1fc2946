import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { readContract, readingOf, type ClassifierContract } from "../src/reading/contract";
import { Follower } from "../src/reading/follow";
import { grey, resize, roundEven } from "../src/reading/pixels";
import type { ReadFace } from "../src/reading/types";

const model = (name: string): Uint8Array => new Uint8Array(readFileSync(`../src/mien/models/${name}.onnx`));
const contract = readContract<ClassifierContract>(model("seed"), "classifier");

const face = (x: number, expression: number, share = 0.9): ReadFace => {
  const distribution = contract.labels.map((_, i) => (i === expression ? share : (1 - share) / (contract.labels.length - 1)));
  return { box: { x, y: 50, width: 100, height: 100 }, score: 0.9, landmarks: [], reading: readingOf(distribution, contract) };
};

describe("the contract", () => {
  it("is read from the file's own metadata", () => {
    expect(contract.labels).toHaveLength(8);
    expect(contract.crop.side).toBe(48);
    expect(readContract(model("mien-detector"), "detector")).toMatchObject({ multiple: 32 });
  });
  it("is refused where it is of another kind, cut short, or not there", () => {
    expect(() => readContract(model("mien-detector"), "classifier")).toThrow("expected a model of mien");
    expect(() => readContract(model("seed").subarray(0, 5000), "classifier")).toThrow();
    expect(() => readContract(new Uint8Array([1, 2, 3]), "classifier")).toThrow();
  });
});

describe("a reading", () => {
  it("is unsure under the contract's least confidence", () => {
    const { least } = contract.confidence;
    for (const share of [0.2, 0.4, 0.6, 0.8, 0.99]) {
      const { reading } = face(0, 1, share);
      expect(reading.expression).toBe(reading.confidence >= least ? contract.labels[1] : null);
    }
  });
  it("is surer the larger the largest share", () => {
    const confidences = [0.3, 0.5, 0.7, 0.9].map((share) => face(0, 2, share).reading.confidence);
    expect([...confidences].sort((a, b) => a - b)).toEqual(confidences);
  });
});

describe("a favoured label", () => {
  it("is told where another is somewhat likelier, with its own chance", () => {
    const shares = contract.labels.map((_, i) => (i === 0 ? 0.5 : i === 6 ? 0.45 : 0.05 / 6));
    const plain = { weights: contract.labels.map((_, i) => contract.labels.map((_, j) => +(i === j))), offsets: shares.map(() => 0), floor: 0.001, least: 0 };
    const favour = shares.map((_, i) => (i === 6 ? 0.2 : 0));
    const told = (confidence: ClassifierContract["confidence"]) => readingOf(shares, { ...contract, confidence });
    expect(told(plain).expression).toBe(contract.labels[0]);
    const { expression, confidence } = told({ ...plain, favour });
    expect(expression).toBe(contract.labels[6]);
    expect(confidence).toBeCloseTo(0.45);
  });
});

describe("a followed face", () => {
  it("keeps its number while it moves, and another one gets another", () => {
    const follower = new Follower(contract);
    const numbers = [0, 30, 60, 90].map((x, i) => follower.follow(i / 10, [face(x, 1), face(x + 400, 2)]).map(({ number }) => number));
    expect(numbers).toEqual([[1, 2], [1, 2], [1, 2], [1, 2]]);
    expect(follower.follow(0.5, [face(1200, 1)])[0]!.number).toBe(3);
  });
  it("comes back under its number after a moment, and under a new one after long", () => {
    const follower = new Follower(contract);
    follower.follow(0, [face(0, 1)]);
    follower.follow(0.5, []);
    expect(follower.follow(1, [face(0, 1)])[0]!.number).toBe(1);
    expect(follower.follow(5, [face(0, 1)])[0]!.number).toBe(2);
  });
  it("is smoothed: shares still sum to one, and one odd frame does not change the word", () => {
    const follower = new Follower(contract);
    for (let i = 0; i < 20; i++) follower.follow(i / 10, [face(0, 1)]);
    const [odd] = follower.follow(2, [face(0, 4)]);
    const { distribution } = odd!.face.reading;
    expect(distribution.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(distribution.indexOf(Math.max(...distribution))).toBe(1);
    expect(odd!.face.reading).toEqual(readingOf(distribution, contract));
  });
});

describe("pixels", () => {
  it("rounds halves to even numbers, as Python does", () => {
    expect([0.5, 1.5, 2.5, 3.5, 2.4, 2.6].map(roundEven)).toEqual([0, 2, 2, 4, 2, 3]);
  });
  it("keeps an even colour through grey and resizing", () => {
    const [width, height] = [7, 5];
    const data = new Uint8ClampedArray(width * height * 4).fill(120);
    expect(new Set(grey({ width, height, data }).data)).toEqual(new Set([120]));
    const flat = { width, height, channels: 1, data: new Uint8Array(width * height).fill(77) };
    expect(new Set(resize(flat, 3, 11).data)).toEqual(new Set([77]));
  });
});
