import { copyFileSync, mkdirSync } from "node:fs";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const PAGE = "../src/mien/service/page";
const MODELS = ["mien-detector", "mien-tiny", "mien", "seed"];

export default defineConfig({
  base: "./",
  plugins: [
    react(),
    {
      name: "the shipped networks",
      closeBundle(): void {
        mkdirSync(`${PAGE}/models`, { recursive: true });
        for (const name of MODELS) copyFileSync(`../src/mien/models/${name}.onnx`, `${PAGE}/models/${name}.onnx`);
      },
    },
  ],
  build: { outDir: PAGE, emptyOutDir: true, assetsInlineLimit: 0 },
  worker: { format: "es" },
});
