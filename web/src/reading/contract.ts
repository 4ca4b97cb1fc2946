/** The contract that every model file carries in its own metadata; read from the file, never guessed from its name. */

import type { Reading } from "./types";

export interface CropRule {
  side: number;
  margin: number;
  offset_x: number;
  offset_y: number;
  upright: boolean;
}

export interface ClassifierContract {
  kind: "classifier";
  name: string;
  scaling: number;
  equalize: boolean;
  crop: CropRule;
  labels: string[];
  temperature: number;
  confidence: { weights: number[][]; offsets: number[]; floor: number; favour?: number[]; least: number };
}

export interface DetectorContract {
  kind: "detector";
  name: string;
  multiple: number;
  smallest: number;
  threshold: number;
}

/** Scores as shares that sum to one. */
export function softmax(scores: number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** What a distribution says by the contract: the likeliest label, rare ones favoured, unless it is not sure enough; its chance. */
export function readingOf(distribution: number[], contract: ClassifierContract): Reading {
  const { weights, offsets, floor, favour, least } = contract.confidence;
  const evidence = distribution.map((share) => Math.log(Math.max(share, floor)));
  const chances = softmax(weights.map((row, i) => row.reduce((sum, weight, j) => sum + weight * evidence[j]!, offsets[i]!)));
  const favoured = chances.map((chance, i) => chance * Math.exp(favour?.[i] ?? 0));
  const label = favoured.indexOf(Math.max(...favoured));
  const confidence = chances[label]!;
  const expression = confidence >= least ? contract.labels[label]! : null;
  return { distribution, expression, confidence };
}

// ONNX's ModelProto: field 14 holds the metadata, pairs of key (1) and value (2).
const METADATA = 14;
const LENGTH_DELIMITED = 2;

/** The contract in an ONNX file's bytes; throws if there is none of that kind. */
export function readContract<C extends ClassifierContract | DetectorContract>(model: Uint8Array, kind: C["kind"]): C {
  for (const [field, pair] of fields(model)) {
    if (field !== METADATA) continue;
    const entry = new Map([...fields(pair)].map(([number, text]) => [number, new TextDecoder().decode(text)]));
    if (entry.get(1) !== "mien") continue;
    const contract = JSON.parse(entry.get(2) ?? "null") as C;
    if (contract?.kind === kind) return contract;
  }
  throw new Error(`expected a model of mien with a contract of a ${kind}`);
}

/** The length-delimited fields of a protocol buffer: numbers and contents; other fields are passed over. */
function* fields(bytes: Uint8Array): Generator<[number, Uint8Array]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("the model file is cut short");
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag % 8;
    if (kind === LENGTH_DELIMITED) {
      const length = varint();
      yield [Math.floor(tag / 8), bytes.subarray(at, at + length)];
      at += length;
    } else if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else throw new Error("the file is no ONNX model");
  }
}
