/** The page's side of the worker: questions and their answers. */

import type { ClassifierContract } from "./contract";
import type { Answer, Request } from "./worker";
import type { Picture, ReadFace } from "./types";

export interface Look {
  faces: ReadFace[];
  milliseconds: number;
}

type Question = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never;

export class Reader {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  private next = 0;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const asked = this.waiting.get(data.id);
      this.waiting.delete(data.id);
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
    const answer = await this.ask({ kind: "open", classifier, base: document.baseURI });
    return (answer as { contract: ClassifierContract }).contract;
  }

  /** The faces from `minFace` pixels on; the picture's pixels go to the worker and are not to be used afterwards. */
  async look(picture: Picture, minFace?: number): Promise<Look> {
    return (await this.ask({ kind: "look", picture, minFace }, [picture.data.buffer])) as unknown as Look;
  }

  private ask(question: Question, transfer: Transferable[] = []): Promise<Answer> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ ...question, id }, transfer);
    });
  }
}
