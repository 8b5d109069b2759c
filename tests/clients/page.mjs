// A page with the browser clients, as a shop would bundle them, and a browser that finds nothing but loopback.
import { once } from "node:events";
import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const SCRIPT = `
  import { AnalyticsBrowser } from "@segment/analytics-next";
  import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";
  Object.assign(window, { AnalyticsBrowser, RudderAnalytics });
`;

export class Shop {
  static async open() {
    const bundled = await build({
      stdin: { contents: SCRIPT, resolveDir: import.meta.dirname },
      bundle: true,
      write: false,
      format: "iife",
      define: { "process.env.NODE_ENV": '"production"' },
      logLevel: "error",
    });
    const script = bundled.outputFiles[0].text;
    const server = createServer(({ url }, response) => {
      const isScript = url === "/clients.js";
      const body = isScript ? script : '<!doctype html><title>Shop</title><script src="/clients.js"></script>';
      response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" }).end(body);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_BIN,
      // The sandbox needs a kernel feature that containers often lack; the only pages visited are our own.
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
    });
    return new Shop(browser, server);
  }

  constructor(browser, server) {
    this.browser = browser;
    this.server = server;
    this.url = `http://127.0.0.1:${server.address().port}/products?utm_source=letter`;
  }

  /** A new visitor on the page. Hosts beyond loopback that the page asks for are strangers. */
  async visit() {
    const context = await this.browser.newContext();
    const page = await context.newPage();
    const strangers = [];
    page.on("request", (request) => {
      const { protocol, hostname, host } = new URL(request.url());
      if (protocol.startsWith("http") && hostname !== "127.0.0.1") strangers.push(host);
    });
    await page.goto(this.url);
    return { page, strangers, leave: () => context.close() };
  }

  async close() {
    await this.browser.close();
    this.server.close();
  }
}
