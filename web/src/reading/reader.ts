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

/** A worker, and the questions that it has not answered yet. */
class Connection {
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
      if (this.closing) this.close();
    };
  }

  async open(classifier: string): Promise<ClassifierContract> {
    const answer = await this.ask({ kind: "open", classifier, processor: this.processor, base: document.baseURI });
    return (answer as { contract: ClassifierContract }).contract;
  }

  async look(picture: Picture, minFace?: number): Promise<Look> {
    return (await this.ask({ kind: "look", picture, minFace }, [picture.data.buffer])) as unknown as Look;
  }

  /** Ends the worker, after it has answered what it was asked. */
  close(): void {
    this.closing = true;
    if (this.waiting.size === 0) this.worker.terminate();
  }

  private ask(question: Question, transfer: Transferable[] = []): Promise<Answer> {
    if (this.closing) return Promise.reject(new Error("the networks are closed"));
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ ...question, id }, transfer);
    });
  }
}

/** The detector and a classifier, in a worker of their own. */
export class Reader {
  private connection: Connection;
  private closed = false;

  constructor(
    private readonly classifier: string,
    processor: Processor,
  ) {
    this.connection = new Connection(processor);
  }

  get processor(): Processor {
    return this.connection.processor;
  }

  /** Opens the networks; resolves to the classifier's contract. */
  open(): Promise<ClassifierContract> {
    return this.connection.open(this.classifier);
  }

  /** The faces from `minFace` pixels on; the picture's pixels go to the worker and are not to be used afterwards. */
  look(picture: Picture, minFace?: number): Promise<Look> {
    return this.connection.look(picture, minFace);
  }

  /** From now on on the graphics card, if there is one and it is faster; what was asked before is still answered. */
  async hasten(minFace: number): Promise<void> {
    if (!(await hasGpu())) return;
    let [faster, slower] = [this.connection, new Connection("gpu")];
    try {
      await slower.open(this.classifier);
      if ((await milliseconds(slower, minFace)) < (await milliseconds(faster, minFace))) [faster, slower] = [slower, faster];
    } catch {
      // A driver that fails is as good as none: the processor goes on reading.
    }
    this.connection = faster;
    slower.close();
    if (this.closed) faster.close();
  }

  /** Ends the worker, after it has answered what it was asked. */
  close(): void {
    this.closed = true;
    this.connection.close();
  }
}

/** Whether this browser lets a page compute on a graphics card, and lets WebAssembly wait for one. */
export async function hasGpu(): Promise<boolean> {
  if (!navigator.gpu || !("Suspending" in WebAssembly)) return false;
  return (await navigator.gpu.requestAdapter().catch(() => null)) !== null;
}

/** For finding faces in a frame of a usual camera, the best of four; the first of all makes the card ready for the size. */
async function milliseconds(connection: Connection, minFace: number): Promise<number> {
  const [width, height] = [640, 480];
  const times = [];
  for (let i = 0; i < 4; i++) {
    const data = new Uint8ClampedArray(4 * width * height);
    times.push((await connection.look({ data, width, height }, minFace)).milliseconds);
  }
  return Math.min(...times);
}
