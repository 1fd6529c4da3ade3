// Opens the live page of some programs in Chromium: `node page.mjs PROGRAMS TOOLS PICTURES`.
// Prints one line for each state, and fails where one of its rules is broken.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [programs, tools, pictures] = process.argv.slice(2);
const { chromium } = createRequire(join(tools, "package.json"))("playwright-core");

const OPS = "the-ops-token-of-the-page-test";
const READER = "the-reader-token-of-the-page-test";
/** The least contrast of text, by WCAG 2.2 AA. */
const CONTRAST = 4.5;
const PATIENCE = 60_000;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 320, height: 720 };

const failures = [];
const children = [];

function check(state, holds, rule) {
  if (!holds) failures.push(`${state}: ${rule}`);
}

/** Starts a program, and returns the address of its page once it serves. */
function start(program, ...options) {
  const child = spawn(join(programs, program), options, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
      if (text.includes("\n")) resolve(text.trim());
    });
    child.on("exit", (code) => reject(new Error(`${program} has ended: ${code}`)));
  });
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--force-color-profile=srgb",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
  ],
});

/** Opens the page in a browser of its own, with a token typed in unless it is `null`. */
async function open(state, address, { token = READER, viewport = WIDE, dark = false } = {}) {
  const context = await browser.newContext({
    viewport, colorScheme: dark ? "dark" : "light", timezoneId: "UTC", locale: "en-GB", reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.errors = [];
  page.on("console", (line) => ["error", "warning"].includes(line.type()) && page.errors.push(line.text()));
  page.on("pageerror", (error) => page.errors.push(String(error)));
  page.on("request", (request) => check(state, !request.url().includes("token"), `a token is in ${request.url()}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(address, { waitUntil: "load" });
  if (token != null) {
    await page.fill("#token", token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#content:not([hidden])", { timeout: PATIENCE });
  }
  return page;
}

/** The least contrast of all texts that are seen, each with the colours below it. */
function leastContrast() {
  const parse = (color) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const known = new Map();
  const color = (text) => known.get(text) ?? known.set(text, parse(text)).get(text);
  const ground = (node) => {
    if (node == null) return color(getComputedStyle(document.body).backgroundColor);
    const own = color(getComputedStyle(node).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(node.parentElement));
  };
  let least = { ratio: 21, text: "" };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || !parent.checkVisibility() || ["SCRIPT", "STYLE", "OPTION"].includes(parent.tagName)) continue;
    const below = ground(parent);
    const [a, b] = [light(over(color(getComputedStyle(parent).color), below)), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least.ratio) least = { ratio, text: node.textContent.trim().slice(0, 40) };
  }
  return least;
}

/** The share of blocks of 16 x 16 pixels that differ between two pictures. */
async function difference(page, before, after) {
  return page.evaluate(async ([left, right]) => {
    const draw = async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const [width, height] = [Math.ceil(image.width / 16), Math.ceil(image.height / 16)];
      const context = new OffscreenCanvas(width, height).getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(image, 0, 0, width, height);
      return { width, height, data: context.getImageData(0, 0, width, height).data };
    };
    const [a, b] = [await draw(left), await draw(right)];
    const [width, height] = [Math.max(a.width, b.width), Math.max(a.height, b.height)];
    let differ = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = (one, part) => (x < one.width && y < one.height ? one.data[4 * (y * one.width + x) + part] : -255);
        if ([0, 1, 2].some((part) => Math.abs(at(a, part) - at(b, part)) > 40)) differ += 1;
      }
    }
    return differ / (width * height);
  }, [before.toString("base64"), after.toString("base64")]);
}

/** The most blocks of a picture that may differ: numbers and times do. */
const DIFFERENCE = 0.015;

/** Looks at one state: rules that hold for every state, and its picture. */
async function look(state, page, { most = 2200 } = {}) {
  await page.waitForTimeout(100);
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(state, width <= 0, `it is ${width} pixels wider than the window`);
  const contrast = await page.evaluate(leastContrast);
  check(state, contrast.ratio >= CONTRAST, `"${contrast.text}" has a contrast of ${contrast.ratio.toFixed(2)}`);
  const text = await page.content();
  check(state, ![OPS, READER].some((token) => text.includes(token)), "a token is in the document");
  const stored = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie].join());
  check(state, stored === "0,0,", `something is stored: ${stored}`);
  check(state, page.errors.length === 0, `the console has ${page.errors.join(" | ")}`);
  const height = Math.min(most, await page.evaluate(() => document.documentElement.scrollHeight));
  const { width: wide } = page.viewportSize();
  const picture = await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width: wide, height } });
  const file = join(pictures, `${state.replaceAll(" ", "-")}.png`);
  let differs = 0;
  if (existsSync(file) && !process.env.CACHERY_WRITE_DOCS) {
    const blank = await browser.newPage();
    differs = await difference(blank, readFileSync(file), picture);
    await blank.close();
    check(state, differs <= DIFFERENCE, `${(differs * 100).toFixed(1)} % of its picture differ from ${file}`);
    if (differs > DIFFERENCE) writeFileSync(file.replace(".png", ".new.png"), picture);
  } else {
    writeFileSync(file, picture);
  }
  console.log(
    `${state}: least contrast ${contrast.ratio.toFixed(1)} (at least ${CONTRAST}), ${page.errors.length} lines in the console (at most 0), ` +
      `${(differs * 100).toFixed(1)} % of the picture differ (at most ${DIFFERENCE * 100} %)`,
  );
}

/** Returns the text of a part of the page. */
const text = (page, selector) => page.locator(selector).innerText();

async function states() {
  mkdirSync(pictures, { recursive: true });
  const [empty, healthy, down, thrash, many] = await Promise.all([
    start("page_empty"), start("page_shop", "healthy"), start("page_shop", "down"), start("page_shop", "thrash"), start("page_many"),
  ]);

  let page = await open("sign in", healthy, { token: null });
  await look("sign in", page);

  page = await open("empty", empty);
  check("empty", (await text(page, "#none")).includes("No function is cached yet"), "it does not say that there are no caches");
  await look("empty", page);

  page = await open("healthy", healthy);
  check("healthy", (await text(page, "#status")) === "All is well", "it is not well");
  check("healthy", (await page.locator("#rows .row").count()) === 8, "it has not eight rows");
  await look("healthy", page);
  page = await open("dark", healthy, { dark: true });
  await look("dark", page);
  page = await open("320 px", healthy, { viewport: NARROW });
  await look("320 px", page);

  page = await open("one server down", down);
  check("one server down", (await text(page, "#problems")).includes("Server 127.0.0.1"), "the server is not named");
  check("one server down", (await text(page, "#status")) === "Down", "the status is another");
  await look("one server down", page);

  page = await open("a cache that thrashes", thrash);
  check("a cache that thrashes", (await text(page, "#problems")).includes("Few of its calls are hits"), "the cause is missing");
  check("a cache that thrashes", (await text(page, "#problems")).includes("Raise its capacity"), "the way out is missing");
  await look("a cache that thrashes", page);

  page = await open("200 caches", many);
  check("200 caches", (await page.locator("#rows .row").count()) === 200, "it has not 200 rows");
  await page.fill("#filter", "stock-1");
  check("200 caches", (await page.locator("#rows .row:visible").count()) === 10, "the filter lets others through");
  await page.fill("#filter", "");
  await page.evaluate(() => document.activeElement.blur());
  await look("200 caches", page, { most: 1400 });

  await keyboard(healthy);
  await changes(empty, thrash);
  await streams(await start("page_empty"));
}

/** Uses the page by the keyboard alone: opens the details of a row and clears its cache. */
async function keyboard(address) {
  const state = "keyboard only";
  const page = await open(state, address, { token: null });
  const focused = () => page.evaluate(() => {
    const node = document.activeElement;
    return { id: node.id, text: (node.innerText ?? "").trim(), ring: getComputedStyle(node).outlineStyle };
  });
  check(state, (await focused()).id === "token", "the field of the token has not the focus");
  await page.keyboard.type(OPS);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#content:not([hidden])");
  await page.evaluate(() => document.activeElement.blur());
  const seen = [];
  const tabTo = async (wanted) => {
    for (let step = 0; step < 80; step++) {
      await page.keyboard.press("Tab");
      const at = await focused();
      check(state, at.ring !== "none", `no ring is around ${at.text}`);
      seen.push(at.text);
      if (at.text === wanted) return;
    }
    throw new Error(`Tab does not reach ${wanted}: ${seen.join(", ")}`);
  };
  await tabTo("Hit ratio");
  await page.keyboard.press("Enter");
  check(state, (await page.locator("th[aria-sort=descending]").innerText()) === "Hit ratio", "Enter does not sort");
  await tabTo("recommendations");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".details:not([hidden]) .actions");
  check(state, (await page.locator("[aria-expanded=true]").count()) === 1, "Enter does not open the details");
  await tabTo("Clear…");
  await look(state, page);
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Escape");
  check(state, !(await page.locator("dialog").isVisible()), "Escape does not close the dialog");
  check(state, (await focused()).text === "Clear…", "the focus is not where it was");
  await page.keyboard.press("Enter");
  while ((await focused()).text !== "Clear") await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("told").textContent.includes("cleared"), null, { timeout: PATIENCE });
}

/** Makes the other changes, with the right to and without it. */
async function changes(empty, address) {
  const state = "changes";
  let page = await open(state, address, { token: OPS });
  await page.click("#rows button:text-is('report')");
  await page.click("text=Invalidate a key…");
  check(state, (await text(page, "#dialog-text")).includes("customer: u64, day: u32"), "the parts of the key are missing");
  await page.fill("#parts", "[7]");
  await page.click("#dialog-do");
  await page.waitForFunction(() => document.getElementById("dialog-error").textContent.includes("more or fewer items"));
  page.errors = page.errors.filter((line) => !line.includes("422"));
  await page.fill("#parts", "[7, 1]");
  await page.click("#dialog-do");
  await page.waitForFunction(() => document.getElementById("told").textContent.startsWith("The key is invalid"));
  await page.click("text=Switch off…");
  await page.click("#dialog-do");
  await page.waitForSelector(".off:has-text('report')", { timeout: PATIENCE });
  await page.click("text=Switch on");
  await page.waitForFunction(() => !document.querySelector(".off"), null, { timeout: PATIENCE });
  await page.click("#reload");
  await page.click("#dialog-do");
  await page.waitForFunction(() => document.getElementById("told").textContent.includes("settings have changed"));
  check(state, page.errors.length === 0, `the console has ${page.errors.join(" | ")}`);

  page = await open(state, address);
  await page.click("#rows button:text-is('report')");
  await page.waitForSelector(".details .settings");
  check(state, (await page.locator(".details button").count()) === 0, "a token that reads sees buttons");

  page = await open(state, empty, { token: null });
  await page.fill("#token", "a-wrong-token-of-some-bytes");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("sign-in-error").textContent.includes("wrong"));
  check(state, !(await page.locator("#content").isVisible()), "a wrong token shows something");
  console.log("changes: all are made with the token, and none without");
}

/** The bound of streams: the page says so, and comes in when there is room. */
async function streams(address) {
  const state = "streams";
  const pages = [];
  for (let nth = 0; nth < 16; nth++) pages.push(await open(state, address));
  const late = await open(state, address, { token: null });
  await late.fill("#token", READER);
  await late.keyboard.press("Enter");
  await late.waitForFunction(() => document.getElementById("live").textContent.includes("too many pages"), null, { timeout: PATIENCE });
  await Promise.all(pages.map((page) => page.context().close()));
  await late.waitForSelector("#content:not([hidden])", { timeout: PATIENCE });
  console.log("streams: 16 pages at once, and the next one waits until there is room");
}

try {
  await states();
} catch (error) {
  failures.push(String(error.stack ?? error));
} finally {
  await browser.close();
  children.forEach((child) => {
    child.removeAllListeners("exit");
    child.kill();
  });
}
failures.forEach((failure) => console.error(`page: ${failure}`));
process.exit(failures.length > 0 ? 1 : 0);
