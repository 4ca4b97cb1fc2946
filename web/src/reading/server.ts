/** Reading by the service instead of on this device: frames over its web socket, for devices too weak for the networks. */

import type { ClassifierContract } from "./contract";
import type { Look } from "./reader";
import type { Box, Picture, Point } from "./types";

interface Told {
  faces: {
    box: Box;
    score: number;
    landmarks: Point[] | null;
    reading: { expression: string | null; confidence: number; distribution: Record<string, number> };
  }[];
  error: string | null;
}

const QUALITY = 0.9;

export class ServerReader {
  private socket: Promise<WebSocket> | undefined;
  private waiting: { resolve: (told: Told) => void; reject: (error: Error) => void } | undefined;

  constructor(private readonly contract: ClassifierContract) {}

  /** The faces of a picture, which is sent to the service; one at a time. How small they may be is the service's own. */
  async look(picture: Picture): Promise<Look> {
    const started = performance.now();
    const socket = await (this.socket ??= this.open());
    const encoded = await jpeg(picture);
    const told = await new Promise<Told>((resolve, reject) => {
      this.waiting = { resolve, reject };
      socket.send(encoded);
    });
    if (told.error) throw new Error(told.error);
    const faces = told.faces.map(({ reading, landmarks, ...face }) => {
      const distribution = this.contract.labels.map((label) => reading.distribution[label] ?? 0);
      return { ...face, landmarks: landmarks ?? [], reading: { ...reading, distribution } };
    });
    return { faces, milliseconds: performance.now() - started };
  }

  close(): void {
    void this.socket?.then((socket) => socket.close());
  }

  private open(): Promise<WebSocket> {
    const address = new URL("v1/stream", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    socket.onmessage = ({ data }: MessageEvent<string>) => this.waiting?.resolve(JSON.parse(data) as Told);
    return new Promise((resolve, reject) => {
      socket.onopen = () => resolve(socket);
      socket.onclose = () => {
        const gone = new Error("the service closed the stream");
        this.waiting?.reject(gone);
        reject(gone);
      };
    });
  }
}

async function jpeg({ data, width, height }: Picture): Promise<ArrayBuffer> {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")!.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  return (await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY })).arrayBuffer();
}
