// What breaks while somebody writes in a browser: the line in the middle of a file, the browser, the
// server, the scanner, the database. Nothing that was written or has come is lost, and the page says
// what happened. Malware in a file is taken out and kept apart.
//
// usage: by portal_faults.py, which does what this asks for on its standard output.
// Each step is an assertion; the last line is `faults hold`.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { agencies, ask, browser, context, demo, describe, folder, found, look, person, scripted as script, signIn } from "./portal.mjs";

const PIECE = 4 * 1024 * 1024;
const EICAR = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join("");
const nominal = demo.nominals[0];
const officer = person("southwark-housing", "spoc");
const lines = createInterface({ input: process.stdin });
const answers = lines[Symbol.asyncIterator]();

/** Has the driver of this story do something, and waits until it is done. */
async function does(what) {
  console.log(what);
  assert.equal((await answers.next()).value, "done");
}

/** A browser of its own, which can be killed. */
async function another() {
  const server = await chromium.launchServer({ executablePath: "/usr/bin/chromium-headless-shell", args: ["--no-sandbox"] });
  const connected = await chromium.connect(server.wsEndpoint());
  const visit = await connected.newContext({ javaScriptEnabled: script, ignoreHTTPSErrors: true });
  return { server, visit, page: await visit.newPage() };
}

async function enter(page) {
  await page.goto(`${demo.portal}/sign-in`);
  await signIn(page, officer);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
}

async function saved(page) {
  if (!script) await page.getByRole("button", { name: "Save draft" }).click();
  await page.getByText(script ? /^Draft saved at/ : "Your draft is saved").waitFor();
}

async function choose(page, name, buffer) {
  await page.getByLabel("Add files").setInputFiles({ name, mimeType: "application/pdf", buffer });
  if (!script) await page.locator("button[value=files]").click();
}

const film = Buffer.concat([Buffer.from("%PDF-1.4\n"), Buffer.alloc(3 * PIECE, "a line of a synthetic plan\n")]);

/** The line breaks in the middle of a file, and comes back: it goes on where it was. */
async function line(visit, page) {
  const pieces = [];
  await page.route(/\/files\/[^/]+\?from=/, async (route) => {
    pieces.push(Number(new URL(route.request().url()).searchParams.get("from")));
    if (pieces.length !== 2) return route.continue();
    await visit.setOffline(true);
    setTimeout(() => visit.setOffline(false), 1500);
    await route.abort("internetdisconnected");
  });
  await choose(page, "plan.pdf", film);
  await page.getByRole("heading", { name: "plan.pdf", level: 3 }).waitFor();
  await page.unroute(/\/files\/[^/]+\?from=/);
  assert.deepEqual([...new Set(pieces)], [0, PIECE, 2 * PIECE, 3 * PIECE]);
  assert.equal(pieces.filter((from) => from === 0).length, 1, "on from where it broke");
}

/** The browser is killed in the middle of a file, and the server with it: all that had come is there. */
async function killed() {
  const first = await another();
  const { visit, page } = first;
  await enter(page);
  await page.goto(`${demo.portal}/messages/new`);
  await describe(page, nominal.name, agencies["met-police"].name);
  const [year, month, day] = nominal.date_of_birth.split("-").map(Number);
  await page.getByLabel("Day").fill(String(day));
  await page.getByLabel("Month").fill(String(month));
  await page.getByLabel("Year").fill(String(year));
  await page.getByLabel("PNC ID, if you know it").fill(nominal.pnc_id);
  await saved(page);
  if (script) {
    await line(visit, page);
    let come = 0;
    const stuck = new Promise((done) => {
      page.route(/\/files\/[^/]+\?from=/, (route) => (++come === 1 ? route.continue() : done()));
    });
    await choose(page, "half.pdf", film);
    await stuck;
  } else {
    await choose(page, "plan.pdf", film);
    await page.getByRole("heading", { name: "plan.pdf", level: 3 }).waitFor();
  }
  await first.server.kill();
  await does("restart");

  const [next] = await context(script);
  const there = await next.newPage();
  await enter(there);
  await there.goto(`${demo.portal}/drafts`);
  await there.getByRole("link", { name: "Threat to a neighbour" }).click();
  assert.equal(await there.getByLabel("Full name").inputValue(), nominal.name);
  assert.match(await there.getByLabel("Message", { exact: true }).inputValue(), /threatened his neighbour/);
  await there.getByRole("heading", { name: "plan.pdf", level: 3 }).waitFor();
  if (script) {
    await there.getByText("4 MB of 12 MB are here: it has not come whole").waitFor();
    await look(there, "draft-half-a-file", script);
    await there.getByRole("button", { name: "Continue" }).click();
    await there.getByRole("alert").getByText("half.pdf has not come whole: wait until it has, add it again, or remove it").waitFor();
    await there.getByRole("button", { name: "Remove half.pdf", exact: true }).click();
    await there.getByRole("heading", { name: "half.pdf", level: 3 }).waitFor({ state: "detached" });
  }
  return [next, there];
}

/** The server goes away under a page that is open, and comes back: what was typed meanwhile is saved. */
async function restarted(page) {
  await does("kill");
  await page.getByLabel("Title").fill("Threat to a neighbour, and to his dog");
  await page.getByText("Not saved yet: this is tried again.").waitFor();
  await does("start");
  await page.getByText(/^Draft saved at/).waitFor({ timeout: 60000 });
}

/** Malware is taken out, said, and kept apart for the coordination unit. */
async function malware(page) {
  await page.getByLabel("Title").fill("Threat to a neighbour, twice");
  await choose(page, "letter.pdf", Buffer.from(EICAR));
  await page.getByText(/letter.pdf”? holds malware: it was taken out/).first().waitFor();
  if (!script) assert.match(await page.title(), /^Error: /);
  await look(page, "draft-malware", script);
  if (script) await page.reload();
  assert.equal(await page.getByLabel("Title").inputValue(), "Threat to a neighbour, twice");
  assert.equal(await page.getByRole("heading", { name: "letter.pdf", level: 3 }).count(), 0);
  const counts = await (await fetch(`${demo.ops}/metrics`)).text();
  assert.match(counts, /^gateway_quarantine\{reason="malware"\} 1$/m);
}

/** While the scanner is away no file is taken; then it is. */
async function scanner(page) {
  const small = Buffer.from("%PDF-1.4\n% a synthetic letter\n%%EOF\n");
  await does("scanner away");
  await choose(page, "note.pdf", small);
  if (script) {
    await page.waitForResponse((answer) => answer.status() === 503);
    await does("scanner back");
  } else {
    await page.getByRole("heading", { name: "The service is not available" }).waitFor();
    await look(page, "away", script);
    await does("scanner back");
    await page.goto(`${demo.portal}/drafts`);
    await page.getByRole("link", { name: /^Threat to a neighbour/ }).click();
    assert.equal(await page.getByLabel("Title").inputValue(), "Threat to a neighbour, twice");
    if (await page.getByRole("button", { name: "Remove note.pdf", exact: true }).count()) await page.getByRole("button", { name: "Remove note.pdf", exact: true }).click();
    await choose(page, "note.pdf", small);
  }
  await page.getByRole("heading", { name: "note.pdf", level: 3 }).waitFor({ timeout: 60000 });
}

/** While the database is away a page says so, and whom to ring; then all is there. */
async function database(page) {
  const address = page.url();
  await does("database away");
  await page.goto(`${demo.portal}/inbox`);
  await page.getByRole("heading", { name: "The service is not available" }).waitFor({ timeout: 60000 });
  await page.getByText("If it is urgent, ring the coordination unit").waitFor();
  await look(page, "database-away", script);
  await does("database back");
  for (let tries = 0; tries < 100; tries++) {
    const answer = await page.goto(address);
    if (answer.status() === 200) break;
    assert.equal(answer.status(), 503);
    await new Promise((done) => setTimeout(done, 200));
  }
  assert.equal(await page.getByLabel("Title").inputValue(), "Threat to a neighbour, twice");
}

/** After all of it the message goes, whole. */
async function sent(page) {
  for (const one of await page.locator("select[name^=kind-]").all()) await one.selectOption("RISK");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Check before you send" }).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Your message is sent").waitFor();
  const id = page.url().match(/messages\/([^?]+)/)[1];
  const file = await ask(`${demo.api}/api/v1/exchanges/${id}/documents/2`, { agency: "met-police" });
  assert.equal(file.status, 200);
  assert.ok(file.body.equals(film), "the file is what was chosen");
}

try {
  const [visit, page] = await killed();
  if (script) await restarted(page);
  await malware(page);
  await scanner(page);
  if (existsSync(join(folder, "database"))) await database(page);
  await sent(page);
  await visit.close();
  assert.deepEqual(found, []);
  console.log("faults hold");
} finally {
  lines.close();
  await browser.close();
}
