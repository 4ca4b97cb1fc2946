// Writes each file of the built page compressed beside it, as the service sends it to browsers that take brotli.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const page = process.argv[2] ?? "../src/mien/service/page";
for (const name of readdirSync(page, { recursive: true })) {
  const path = join(page, name);
  if (!statSync(path).isFile() || name.endsWith(".br")) continue;
  const bytes = readFileSync(path);
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  const small = brotliCompressSync(bytes, options);
  if (small.length < 0.95 * bytes.length) writeFileSync(`${path}.br`, small);
}
