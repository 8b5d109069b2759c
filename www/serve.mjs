// Serves the demo page on loopback: the files of a folder, `/config.json` from the environment, and what it takes to
// decide on the visitor's device: the package under `/device/`, and the bundle that `acquaint bundle` wrote to a file.
//
//   FOLDER=www/store/dist CONFIG='{"edge":"http://127.0.0.1:8787", ...}' PACKAGE=edge-runtime/pkg BUNDLE=page.bundle \
//     PORT=0 node www/serve.mjs
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** `normalize` of an absolute path cannot climb above the folder it is joined to. */
function place(path) {
  const { FOLDER, PACKAGE = "", BUNDLE = "" } = process.env;
  if (path === "/acquaint.bundle") return BUNDLE;
  return path.startsWith("/device/") ? join(PACKAGE, path.slice("/device".length)) : join(FOLDER, path);
}

const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  if (path === "/config.json") {
    response.writeHead(200, { "content-type": "application/json" }).end(process.env.CONFIG ?? "{}");
    return;
  }
  const file = place(normalize(path === "/" ? "/index.html" : path));
  try {
    const body = await readFile(file);
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  // `localhost`, not the number: browsers keep the edge's cookies only where the page is trustworthy.
  console.log(`listening on http://localhost:${server.address().port}`);
});
