// Builds the worker: `node edge-runtime/build.mjs` makes `edge-runtime/build/index.js` and `index_bg.wasm`. Needs Rust, the
// npm packages of the repository's root, and wasm-bindgen (`WASM_BINDGEN`, else the one on the path), of the version of the
// crate in `Cargo.lock`. `cargo xtask` and `wrangler deploy` call it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const build = join(here, "build");
const bound = join(build, "bound");

function run(program, ...given) {
  execFileSync(program, given, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}

const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
run("cargo", "build", "--package=acquaint-edge", "--lib", "--target=wasm32-unknown-unknown", "--profile=edge");

rmSync(build, { recursive: true, force: true });
mkdirSync(bound, { recursive: true });
// With an end that is noticed: after a panic the next call finds the module made anew.
run(
  process.env.WASM_BINDGEN ?? "wasm-bindgen",
  ...["--target=module", "--no-typescript", "--out-name=index", `--out-dir=${bound}`, "--force-enable-abort-handler"],
  join(target, "wasm32-unknown-unknown/edge/acquaint_edge.wasm"),
);

const tool = (name) => join(root, "node_modules/.bin", name);
const script = join(build, "index.js");
run(
  tool("esbuild"),
  ...[join(here, "host/index.js"), "--bundle", "--format=esm", "--minify", "--log-level=warning"],
  ...["--external:./index_bg.wasm", "--external:cloudflare:*"],
  ...[`--alias:BOUND=${join(bound, "index.js")}`, `--outfile=${script}`],
);
// The host gives the module itself to whoever imports it, which is what the newer form says.
writeFileSync(script, readFileSync(script, "utf8").replace("import source ", "import "));
// Orders the functions so that they become small when they are gzipped, and takes their names out.
run("npm", "run", "--silent", "pack", "--", join(bound, "index_bg.wasm"), "-o", join(build, "index_bg.wasm"));
rmSync(bound, { recursive: true });
