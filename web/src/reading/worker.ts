/** The worker: it alone runs the networks, so that the page never stops answering. */

import type { ClassifierContract } from "./contract";
import { engine, type Processor } from "./engine";
import { Networks } from "./networks";
import type { Picture, ReadFace } from "./types";

export type Request =
  | { kind: "open"; id: number; classifier: string; processor: Processor; base: string }
  | { kind: "look"; id: number; picture: Picture; minFace?: number | undefined };

export type Answer =
  | { id: number; contract: ClassifierContract }
  | { id: number; faces: ReadFace[]; milliseconds: number }
  | { id: number; error: string };

const scope = self as unknown as { onmessage: (event: MessageEvent<Request>) => void; postMessage: (answer: Answer) => void };
const DETECTOR = "mien-detector";
let networks: Promise<Networks> | undefined;

async function open(classifier: string, processor: Processor, base: string): Promise<Networks> {
  const files = [DETECTOR, classifier].map(async (name) => {
    const answer = await fetch(new URL(`models/${name}.onnx`, base));
    if (!answer.ok) throw new Error(`models/${name}.onnx: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  });
  const [detector, reader] = await Promise.all(files);
  return Networks.open(await engine(processor, base), detector!, reader!);
}

async function answer(request: Request): Promise<Answer> {
  try {
    if (request.kind === "open") {
      networks = open(request.classifier, request.processor, request.base);
      return { id: request.id, contract: (await networks).reading };
    }
    if (!networks) throw new Error("the networks are not open");
    const opened = await networks;
    const started = performance.now();
    const faces = await opened.look(request.picture, request.minFace);
    return { id: request.id, faces, milliseconds: performance.now() - started };
  } catch (error) {
    return { id: request.id, error: error instanceof Error ? error.message : String(error) };
  }
}

// One after another: while the graphics card computes, the worker would take the next question, which the runtime does not bear.
let last = Promise.resolve();
scope.onmessage = ({ data }) => {
  last = last.then(async () => scope.postMessage(await answer(data)));
};
