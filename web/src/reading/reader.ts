/** The page's side of the worker: questions and their answers. */

import type { ClassifierContract } from "./contract";
import type { Processor } from "./engine";
import type { Answer, Request } from "./worker";
import type { Picture, ReadFace } from "./types";

export interface Look {
  faces: ReadFace[];
  milliseconds: number;
}

type Question = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never;

/** One worker, which opens a detector and a classifier and looks at pictures with them. */
export class Reader {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  private next = 0;
  private closing = false;

  constructor(readonly processor: Processor) {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const asked = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (this.closing) this.close();
      if ("error" in data) asked?.reject(new Error(data.error));
      else asked?.resolve(data);
    };
    this.worker.onerror = (event) => {
      for (const asked of this.waiting.values()) asked.reject(new Error(event.message));
      this.waiting.clear();
    };
  }

  /** Opens the detector and a classifier; resolves to the classifier's contract. */
  async open(classifier: string): Promise<ClassifierContract> {
    const answer = await this.ask({ kind: "open", classifier, processor: this.processor, base: document.baseURI });
    return (answer as { contract: ClassifierContract }).contract;
  }

  /** The faces from `minFace` pixels on; the picture's pixels go to the worker and are not to be used afterwards. */
  async look(picture: Picture, minFace?: number): Promise<Look> {
    return (await this.ask({ kind: "look", picture, minFace }, [picture.data.buffer])) as unknown as Look;
  }

  /** Ends the worker, after it has answered what it was asked. */
  close(): void {
    this.closing = true;
    if (this.waiting.size === 0) this.worker.terminate();
  }

  private ask(question: Question, transfer: Transferable[] = []): Promise<Answer> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ ...question, id }, transfer);
    });
  }
}

/** Whether this browser lets a page compute on a graphics card, and lets WebAssembly wait for one. */
export async function hasGpu(): Promise<boolean> {
  if (!navigator.gpu || !("Suspending" in WebAssembly)) return false;
  return (await navigator.gpu.requestAdapter()) !== null;
}

/** A reader on the graphics card, where there is one and it is faster than `reader`. */
export async function faster(reader: Reader, classifier: string): Promise<Reader | undefined> {
  if (!(await hasGpu())) return undefined;
  const other = new Reader("gpu");
  try {
    await other.open(classifier);
    if ((await milliseconds(other)) < (await milliseconds(reader))) return other;
  } catch {
    // A driver that fails is as good as none: the processor goes on reading.
  }
  other.close();
  return undefined;
}

/** Of the best of three frames of a usual camera; the first of all compiles what the graphics card needs. */
async function milliseconds(reader: Reader): Promise<number> {
  const [width, height] = [640, 480];
  const times = [];
  for (let i = 0; i < 4; i++) {
    const data = new Uint8ClampedArray(4 * width * height);
    times.push((await reader.look({ data, width, height })).milliseconds);
  }
  return Math.min(...times);
}
