// Opens the demo page in a real browser, redeems a coupon, and says what the edge answered before and after: JSON on
// standard output, `{"before":{"audiences":[...],"device":[...],"hero":"..."},"after":{...}}`, where `device` is what the
// browser decided by itself.
//
//   PAGE=http://localhost:1234 CHROMIUM_BIN=/usr/bin/chromium [HOUSEHOLD=77] [SCREENSHOT=page.png] node www/click.mjs
import { chromium } from "playwright-core";

const { PAGE, CHROMIUM_BIN, HOUSEHOLD, SCREENSHOT, THEME = "light" } = process.env;

// The sandbox needs a kernel feature that containers often lack; the only page visited is our own.
const browser = await chromium.launch({ executablePath: CHROMIUM_BIN, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({ colorScheme: THEME, viewport: { width: 1280, height: 1100 } });
  page.on("pageerror", (error) => console.error(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") console.error(message.text());
  });

  /** Waits for the answer with that number, then reads what the page shows. */
  const answer = async (number) => {
    await page.waitForSelector(`body[data-answers="${number}"]`, { state: "attached", timeout: 30_000 });
    return page.evaluate(() => ({
      audiences: JSON.parse(document.body.dataset.audiences ?? "null"),
      device: JSON.parse(document.body.dataset.device ?? "null"),
      hero: document.getElementById("hero-title").textContent,
    }));
  };

  await page.goto(PAGE);
  let before = await answer(1);
  let answers = 1;
  if (HOUSEHOLD) {
    await page.fill("#household", HOUSEHOLD);
    await page.click("#sign-in");
    before = await answer((answers += 1));
  }
  await page.click(".redeem");
  const after = await answer((answers += 1));
  if (SCREENSHOT) await page.screenshot({ path: SCREENSHOT });
  console.log(JSON.stringify({ before, after }));
} finally {
  await browser.close();
}
