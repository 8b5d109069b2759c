// The Wasm half of the comparison: `node run.mjs MODULE`, where MODULE is what wasm-bindgen made. Reads lines
// `FIRST COUNT` and answers each with a line: the report of the cases of those seeds, as JSON. `show SEED` after MODULE
// prints one case; `depths` reads what nests a million times; `conformance FILE...` runs the conformance cases of each
// file and prints its report as a line of JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { resolve } from "node:path";

const [module, task, ...words] = process.argv.slice(2);
const portable = createRequire(import.meta.url)(resolve(module));

if (task === "show") {
  console.log(portable.show(BigInt(words[0])));
} else if (task === "depths") {
  const start = performance.now();
  const wrong = JSON.parse(portable.depths());
  for (const line of wrong) console.error(line);
  console.error(`read what nests a million times in ${Math.round(performance.now() - start)} ms`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} else if (task === "conformance") {
  for (const file of words) {
    process.stdout.write(`${portable.conformance(file, readFileSync(file, "utf8"))}\n`);
  }
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const [first, count] = line.split(" ");
    process.stdout.write(`${portable.digests(BigInt(first), Number(count))}\n`);
  }
}
