// One browser profile with one page open, and the unmodified Web SDK in it.
import assert from "node:assert/strict";

import { PAGE_HOST, THIRD_PARTY } from "./front.mjs";
import { DATASTREAM, ORGANISATION } from "./names.mjs";

/** What every page of the test is configured with, unless it says otherwise. */
const CONFIGURATION = {
  datastreamId: DATASTREAM,
  orgId: ORGANISATION,
  edgeDomain: THIRD_PARTY,
  edgeBasePath: "ee",
  thirdPartyCookiesEnabled: false,
  defaultConsent: "in",
};

export class Visitor {
  /** A new profile without cookies, on a page. */
  static async arrive(browser, { host = PAGE_HOST, path = "/", configuration, cookies = [] } = {}) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    await context.addInitScript(observe);
    await context.addCookies(cookies);
    const visitor = new Visitor(context, await context.newPage());
    await visitor.visit(path, { host, configuration });
    return visitor;
  }

  constructor(context, page) {
    this.context = context;
    this.page = page;
    /** What the page's console called an error, and what nobody caught. */
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
  }

  /** Opens a page of the shop (or the magazine) and configures the SDK there. `configuration: null` does not. */
  async visit(path, { host = PAGE_HOST, configuration } = {}) {
    await this.page.goto(new URL(path, `https://${host}`).href);
    if (configuration !== null) await this.alloy("configure", { ...CONFIGURATION, ...configuration });
  }

  /** Runs a command of the SDK; rejects as it does. */
  alloy(command, options) {
    return this.page.evaluate(([command, options]) => window.alloy(command, options), [command, options]);
  }

  sendEvent(options = {}) {
    return this.alloy("sendEvent", options);
  }

  /** The page view that the recorded scenarios begin with. */
  pageView(options = {}) {
    const xdm = { eventType: "web.webpagedetails.pageViews", ...options.xdm };
    return this.sendEvent({ renderDecisions: true, ...options, xdm });
  }

  /** `document.cookie` as an object. */
  async documentCookies() {
    const text = await this.page.evaluate(() => document.cookie);
    return Object.fromEntries(
      text.split("; ").filter(Boolean).map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    );
  }

  /** A cookie with its attributes. */
  async cookie(name) {
    const cookies = await this.context.cookies();
    return cookies.find((cookie) => cookie.name === name);
  }

  /** What the SDK told its monitors: `{ logs, responses, rejected }`. */
  observed() {
    return this.page.evaluate(() => window.observed);
  }

  /** Everything the SDK logged at that level or above it: `warn` or `error`. */
  async logged(level) {
    const levels = level === "warn" ? ["warn", "error"] : ["error"];
    const { logs } = await this.observed();
    return logs.filter((log) => levels.includes(log.level)).map((log) => log.text);
  }

  /** The `activation:pull` items of the last answer. `result.destinations` must be the same where the SDK has it. */
  async destinations(version, result) {
    const { responses } = await this.observed();
    const pulls = responses.map(({ handle }) => handle.filter(({ type }) => type === "activation:pull"));
    // Display notifications are answered without any.
    const last = pulls.findLast((handles) => handles.length > 0) ?? [];
    const items = last.flatMap((handle) => handle.payload);
    // 2.33.1 forgets them (adobe/alloy, issue 1519).
    if (version.startsWith("2.32")) assert.deepEqual(result.destinations, items);
    return items;
  }

  /** The ids of the audiences in the last answer. */
  async audiences(version, result) {
    const items = await this.destinations(version, result);
    return items.flatMap((item) => item.segments.map((segment) => segment.id)).sort();
  }

  html(selector) {
    return this.page.locator(selector).innerHTML();
  }
}

/** Runs in the page before anything else: keeps what the SDK tells its monitors. */
function observe() {
  window.observed = { logs: [], responses: [], rejected: [] };
  window.__alloyMonitors = [
    {
      onBeforeLog: ({ level, arguments: words }) => {
        const text = (word) => (word instanceof Error || typeof word !== "object" ? String(word) : JSON.stringify(word));
        window.observed.logs.push({ level, text: words.map(text).join(" ") });
      },
      onNetworkResponse: ({ parsedBody }) => {
        if (parsedBody?.handle) window.observed.responses.push(parsedBody);
      },
      onCommandRejected: ({ error }) => window.observed.rejected.push(String(error)),
    },
  ];
}
