/** ONNX Runtime on the processor (WebAssembly) or on the graphics card (WebGPU). */

import type * as Ort from "onnxruntime-web";
import * as wasm from "onnxruntime-web/wasm";
import wasmLoader from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmFile from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import gpuLoader from "onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url";
import gpuFile from "onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url";

export type Processor = "cpu" | "gpu";

export interface Engine {
  ort: typeof Ort;
  provider: "wasm" | "webgpu";
}

/** The runtime for `processor`; its files lie under `base`. The graphics card's is fetched only when it is asked for. */
export async function engine(processor: Processor, base: string): Promise<Engine> {
  const ort = (processor === "gpu" ? await import("onnxruntime-web/jspi") : wasm) as typeof Ort;
  const [loader, file] = processor === "gpu" ? [gpuLoader, gpuFile] : [wasmLoader, wasmFile];
  ort.env.wasm.wasmPaths = { wasm: new URL(file, base).href, mjs: new URL(loader, base).href };
  // Threads need shared memory, which browsers give only to pages that are cross-origin isolated. Half of the cores at most:
  // the camera, the page and the browser want the others, and on two cores one thread is half as fast again as two.
  const cores = self.crossOriginIsolated ? Math.min(4, Math.floor((navigator.hardwareConcurrency || 1) / 2)) : 1;
  ort.env.wasm.numThreads = Math.max(1, cores);
  return { ort, provider: processor === "gpu" ? "webgpu" : "wasm" };
}
