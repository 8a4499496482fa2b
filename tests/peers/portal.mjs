// What the browser stories share: the demo they drive, its clock, its people, and a look at
// each page by axe and on narrow and wide screens.
//
// usage of a story: node STORY.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

export const [folder, gateway, pictures] = process.argv.slice(2);
/** Whether the story is to run scripts; where not, every page has to do without. */
export const scripted = !process.env.PORTAL_PLAIN;
export const demo = JSON.parse(readFileSync(join(folder, "demo.json")));
export const agencies = Object.fromEntries(demo.agencies.map((agency) => [agency.id, agency]));
const ca = readFileSync(demo.ca);
if (pictures) mkdirSync(pictures, { recursive: true });

/** The first person of a role at an agency. */
export function person(agency, role) {
  return agencies[agency].users.find((user) => user.role === role) ?? assert.fail(`no ${role} at ${agency}`);
}

/** A request outside the browser: for an agency's system, for nobody, or with a browser's cookie, which is good under its name alone. */
export function ask(address, { agency, body, method, headers = {} } = {}) {
  if (headers.cookie) headers = { "user-agent": agent, ...headers };
  const who = agency && agencies[agency];
  const tls = who ? { cert: readFileSync(who.api_cert), key: readFileSync(who.api_key) } : {};
  return new Promise((resolve, reject) => {
    const request = https.request(address, { ca, agent: false, method: method ?? (body ? "POST" : "GET"), headers, ...tls }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** An exchange with documents, as an agency's system sends it; its answer. */
export async function submit(agency, exchange, documents) {
  const edge = "an-edge-that-no-document-has";
  const part = (head, body) => [Buffer.from(`--${edge}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`), body, Buffer.from("\r\n")];
  const parts = Object.entries(documents).flatMap(([name, body]) => part(`name="${name}"; filename="${name}.pdf"\r\nContent-Type: application/pdf`, body));
  const body = Buffer.concat([...part('name="exchange"\r\nContent-Type: application/json', Buffer.from(JSON.stringify(exchange))), ...parts, Buffer.from(`--${edge}--\r\n`)]);
  const answer = await ask(`${demo.api}/api/v1/exchanges`, {
    agency, body, headers: { "content-type": `multipart/form-data; boundary=${edge}`, "content-length": body.length } });
  assert.equal(answer.status, 201, answer.body.toString());
  const sent = JSON.parse(answer.body);
  assert.equal(sent.state, "released", answer.body.toString());
  return sent;
}

export async function clock(move) {
  const answer = await fetch(`${demo.ops}/clock`, move ? { method: "POST", body: JSON.stringify(move) } : {});
  assert.equal(answer.status, 200, await answer.text());
  return answer.ok && (await (await fetch(`${demo.ops}/clock`)).json()).now;
}

/** The one-time code of RFC 6238 for the gateway's time, which goes on a step: each code is good once. */
export async function code(secret) {
  const now = await clock({ advance: "PT30S" });
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.parse(now) / 30000)));
  const mac = createHmac("sha1", key).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, "0");
}

// Chromium without the window that nobody sees takes a quarter less work. Lighthouse goes on with a session of this one's, and only Chromium whole is
// the same browser as its own.
const whole = process.argv[1].endsWith("portal_story.mjs");
export const browser = await chromium.launch({ executablePath: whole ? "/usr/bin/chromium" : "/usr/bin/chromium-headless-shell", args: ["--no-sandbox"] });
/** What it calls itself. */
const agent = await (await browser.newPage()).evaluate(() => navigator.userAgent);
const looked = new Set();
/** What was wrong with how pages look: said all at once. */
export const found = [];

/**
 * Looks over a page: nothing wider than the screen at three widths, axe, and pictures where they are wanted. Axe takes longer than all else that a
 * story does, so it looks at the narrowest alone, where everything is that is anywhere; with pictures at each.
 */
export async function look(page, name, script) {
  for (const width of [320, 768, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) found.push([`${name} at ${width} px`, `${wide} px wide`]);
    if (script && (width === 320 || pictures) && !looked.has(name + width)) {
      // axe is a script in the page: the page's own policy is set aside for it alone. "Legacy" is
      // all of it there, which needs no second page for frames that these pages do not have.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] }).analyze();
      found.push(...violations.map((v) => [`${name} at ${width} px`, v.id, v.nodes.map((n) => n.html)]));
      looked.add(name + width);
    }
  }
  if (pictures) {
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await page.screenshot({ path: join(pictures, `${name}-${width}${script ? "" : "-plain"}.png`), fullPage: true });
    }
  }
}

export async function signIn(page, user, { password = user.password } = {}) {
  await page.getByLabel("Email address").fill(user.email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("One-time code").fill(await code(user.totp_secret));
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Away for too long with a form open: it is kept, and taken up again after signing in, with nothing done. */
export async function away(page, user, button) {
  await clock({ advance: "PT20M" });
  await page.getByRole("button", { name: button }).click();
  await page.getByText("You were away for 20 minutes").waitFor();
  await signIn(page, user);
  await page.getByRole("heading", { name: "What you wrote is kept" }).waitFor();
  await look(page, "kept", scripted);
  await page.goto(`${demo.portal}/sent`);
  await page.getByRole("link", { name: "Go back to what you wrote" }).click();
  await page.getByRole("button", { name: "Go back to it" }).click();
}

/** Fills in a message about somebody, to one agency. */
export async function describe(page, name, to) {
  await page.goto(`${demo.portal}/messages/new`);
  await page.getByLabel("Full name").fill(name);
  await page.getByLabel("Day").fill("3");
  await page.getByLabel("Month").fill("4");
  await page.getByLabel("Year").fill("1979");
  await page.getByLabel("Address, and what else you know").fill("Flat 2, 9 Synthetic Road, London");
  await page.getByLabel(to).check();
  await page.getByLabel("What is it shared for?").selectOption({ label: "to manage risk" });
  await page.getByLabel("Why do they need to know it?").fill("A neighbour was threatened.");
  await page.getByLabel(/MAPPA: the duty to cooperate/).check();
  await page.getByLabel("Title").fill("Threat to a neighbour");
  await page.getByLabel("Message", { exact: true }).fill("On Monday he threatened his neighbour with a knife.");
  await page.getByLabel("What kind of information is the message?").selectOption({ label: "Risk" });
}

export async function context(script) {
  const made = await browser.newContext({ javaScriptEnabled: script, ignoreHTTPSErrors: true, bypassCSP: false, acceptDownloads: true });
  const complaints = [];
  made.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  made.on("weberror", (error) => complaints.push(String(error.error())));
  return [made, complaints];
}

export async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return [file.suggestedFilename(), readFileSync(await file.path())];
}

/** A signed-in browser's cookie, for requests by hand. */
export async function cookieOf(user) {
  const [visit] = await context(false);
  const page = await visit.newPage();
  await page.goto(`${demo.portal}/sign-in`);
  await signIn(page, user);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  const cookie = (await visit.cookies()).find((one) => one.name === "__Host-session");
  assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite === "Lax" && cookie.path === "/");
  const token = await page.locator("input[name=token]").first().getAttribute("value");
  await visit.close();
  return { cookie: `__Host-session=${cookie.value}`, token };
}
