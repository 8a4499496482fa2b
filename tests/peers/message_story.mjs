// A housing officer answers and writes: with files, over a lock, a restart and a broken line; what
// each recipient will get is said before it is sent; and it is sent once.
//
// usage: node message_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `messages hold`.
import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agencies, ask, browser, clock, code, context, cookieOf, demo, describe, folder, found, look, person, scripted as script, signIn } from "./portal.mjs";

const nominal = demo.nominals[0];
const officer = person("southwark-housing", "spoc");
const police = agencies["met-police"].name;

async function begin(user) {
  const [visit, complaints] = await context(script);
  const page = await visit.newPage();
  await page.goto(`${demo.portal}/sign-in`);
  await signIn(page, user);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return [visit, page, complaints];
}

const api = async (path, agency, body) => {
  const answer = await ask(`${demo.api}${path}`, { agency, body: body && JSON.stringify(body), headers: body ? { "content-type": "application/json" } : {} });
  return JSON.parse(answer.body);
};

async function asked() {
  const sent = await api("/api/v1/exchanges", "met-police", {
    nominal: { identifiers: [{ kind: "PNC", value: nominal.pnc_id }, { kind: "DOB", value: nominal.date_of_birth }] },
    recipients: ["southwark-housing"], purpose: "MANAGE", necessity: "whoever houses him must know", bases: ["CJA 2003 s.325"],
    items: [{ title: "Does he hold a tenancy?", category: "RISK", text: "Does he hold a tenancy of yours?" }] });
  assert.equal(sent.state, "released", JSON.stringify(sent));
  return sent.id;
}

/** What the police have of a message in their inbox. */
async function received(id) {
  const { deliveries } = await api("/api/v1/inbox", "met-police");
  return deliveries.find((one) => one.exchange === id);
}

/** Adds files by the page's own means. */
async function add(page, files) {
  await page.getByLabel("Add files").setInputFiles(files);
  if (!script) await page.locator("button[value=files]").click();
  for (const { name } of files) await page.getByRole("heading", { name, level: 3 }).waitFor();
}

/** Says what every file is that has not been said yet. */
async function kinds(page, kind) {
  for (const one of await page.locator("select[name^=kind-]").all()) await one.selectOption(kind);
}

async function saved(page) {
  if (script) await page.getByText(/^Draft saved at/).waitFor();
  else {
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByText("Your draft is saved").waitFor();
  }
}

/** One click, then the check, then sent: nominal, purpose and bases are those of the question. */
async function notOurs(page) {
  const question = await asked();
  await page.goto(`${demo.portal}/messages/${question}`);
  await page.getByRole("button", { name: "Not our tenant" }).click();
  await page.getByRole("heading", { name: "Check before you send" }).waitFor();
  await page.getByText("Will get:").waitFor();
  await look(page, "check-reply", script);
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Your message is sent").waitFor();
  await look(page, "sent-reply", script);
  const id = page.url().match(/messages\/([^?]+)/)[1];
  const got = await received(id);
  assert.equal(got.items[0].title, "Not our tenant");
  const whole = await api(`/api/v1/exchanges/${id}`, "met-police");
  assert.equal(whole.nominal, nominal.ref, JSON.stringify(whole));
  assert.equal(whole.purpose, "MANAGE");
  return id;
}

/** A reply in her own words with a file; the back button and a second send make no second one. */
async function reply(page) {
  const question = await asked();
  await page.goto(`${demo.portal}/messages/${question}`);
  await page.getByRole("link", { name: "Reply" }).or(page.getByRole("button", { name: "Reply" })).click();
  await page.getByRole("heading", { name: "Reply", level: 1 }).waitFor();
  assert.ok(await page.getByLabel(police).isChecked());
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Write a message, or add a file").waitFor();
  assert.match(await page.title(), /^Error: /);
  await look(page, "reply-error", script);
  await page.getByLabel("Title").fill("Tenancy");
  await page.getByLabel("Message", { exact: true }).fill("He has held a tenancy since May.\nThe agreement is attached.");
  await page.getByLabel("What kind of information is the message?").selectOption({ label: "Where the person is or lives" });
  const agreement = Buffer.concat([Buffer.from("%PDF-1.4\n"), Buffer.alloc(9_000_000, 5)]);
  await add(page, [{ name: "agreement.pdf", mimeType: "application/pdf", buffer: agreement }]);
  await kinds(page, "LOCATION");
  await look(page, "reply", script);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Check before you send" }).waitFor();
  const check = page.url();
  const said = await page.locator("main").innerText();
  await page.getByRole("button", { name: "Send" }).dblclick();
  await page.getByText("Your message is sent").waitFor();
  const id = page.url().match(/messages\/([^?]+)/)[1];
  const got = await received(id);
  assert.deepEqual(got.items.map((item) => item.title), ["Tenancy", "agreement.pdf"], said);
  const file = await ask(`${demo.api}/api/v1/exchanges/${id}/documents/2`, { agency: "met-police" });
  assert.equal(file.status, 200);
  assert.ok(file.body.equals(agreement), "the file is what was sent");
  // Going back leads to what was sent, and nothing is sent again.
  await page.goto(check);
  await page.getByText("Your message is sent").waitFor();
  assert.ok(page.url().includes(id));
  const { deliveries } = await api("/api/v1/inbox", "met-police");
  assert.equal(deliveries.filter((one) => one.items[0]?.title === "Tenancy").length, 1);
}

/** Somebody known by name and address only: described, locked in the middle, found again. */
async function unknown(visit, page) {
  await page.goto(`${demo.portal}/messages/new`);
  await look(page, "new-message", script);
  await page.getByRole("button", { name: "Continue" }).click();
  for (const words of ["Choose who it is for", "Enter the name of the person", "Choose what it is shared for", "Choose at least one legal basis"]) {
    await page.getByRole("alert").getByText(words).waitFor();
  }
  await look(page, "new-message-error", script);
  await describe(page, "Synthetic Stranger", police);
  if (script) await saved(page);
  // Twenty minutes in the middle of it. Whatever she typed last is kept, and shown after sign-in.
  await page.getByLabel("Why do they need to know it?").fill("A neighbour was threatened twice.");
  await clock({ advance: "PT20M" });
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("You were away for 20 minutes").waitFor();
  assert.ok(!(await page.content()).includes("threatened"), "nothing is shown before she signs in");
  await signIn(page, officer);
  await page.getByLabel("Full name").waitFor();
  assert.equal(await page.getByLabel("Full name").inputValue(), "Synthetic Stranger");
  assert.equal(await page.getByLabel("Why do they need to know it?").inputValue(), "A neighbour was threatened twice.");
  assert.ok(await page.getByLabel(police).isChecked());
  // Twenty files at once, and one that is not what it says.
  const many = Array.from({ length: 19 }, (_, n) => ({ name: `photo-${n}.txt`, mimeType: "text/plain", buffer: Buffer.from(`synthetic ${n}`) }));
  await add(page, [...many, { name: "letter.pdf", mimeType: "application/pdf", buffer: Buffer.from("MZ\x90\0 this is no PDF".padEnd(300, "\0"), "latin1") }]);
  assert.equal(await page.locator("select[name^=kind-]").count(), 20);
  await page.getByText(/This file is called .* but its content is|This file is or holds a program/).first().waitFor();
  await look(page, "new-message-files", script);
  // What was just typed stays when a file is taken out, however long it is.
  const long = `On Monday he threatened his neighbour with a knife. ${"He said so again. ".repeat(1500)}`;
  await page.getByLabel("Message", { exact: true }).fill(long);
  for (const one of many.slice(1)) await page.getByRole("button", { name: `Remove ${one.name}`, exact: true }).click();
  assert.equal(await page.locator("select[name^=kind-]").count(), 2);
  assert.equal(await page.getByLabel("Message", { exact: true }).inputValue(), long);
  await kinds(page, "RISK");
  await saved(page);
  const address = page.url().replace(/\?.*/, "");
  // Another machine: everything is there.
  const [other, there] = await begin(officer);
  await there.goto(`${demo.portal}/drafts`);
  await look(there, "drafts", script);
  await there.getByRole("link", { name: "Threat to a neighbour" }).click();
  assert.equal(await there.getByLabel("Full name").inputValue(), "Synthetic Stranger");
  await there.getByRole("heading", { name: "letter.pdf" }).waitFor();
  // Two windows of one draft: neither loses a word.
  await there.getByLabel("Title").fill("Threat to a neighbour, from the other machine");
  await there.getByRole("button", { name: "Save draft" }).click();
  await there.getByText("Your draft is saved").waitFor();
  await page.getByLabel("Title").fill("Threat to a neighbour, from this one");
  await page.getByRole("button", { name: "Save draft" }).click();
  await page.getByText(/was changed in another window|Your draft is saved/).waitFor();
  await page.goto(`${demo.portal}/drafts`);
  const list = await page.locator("main").innerText();
  for (const words of ["from the other machine", "from this one"]) assert.ok(list.includes(words), list);
  await other.close();
  // Nobody else's: not even a colleague's.
  const stranger = await cookieOf(agencies["hmp-northgate"].users[0]);
  for (const path of ["", "/check", "/files/x"]) {
    const theirs = await ask(address + path, { headers: { cookie: stranger.cookie } });
    const absent = await ask(`${demo.portal}/drafts/00000000-0000-7000-8000-000000000000${path}`, { headers: { cookie: stranger.cookie } });
    assert.equal(theirs.status, 404);
    assert.ok(theirs.body.equals(absent.body));
  }
  // Enter in a field goes on, as the first button says that one sees, and takes no file out.
  await page.goto(address);
  await page.getByLabel("Title").press("Enter");
  await page.getByText("it is not certain who this person is here").waitFor();
  await page.getByText(/letter.pdf is called/).waitFor();
  await look(page, "check", script);
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Your message is with the coordination unit").waitFor();
  await look(page, "sent-unmatched", script);
  const id = page.url().match(/messages\/([^?]+)/)[1];
  assert.equal(await received(id), undefined, "nobody has it before it is matched");
  const coordinator = agencies["london-mappa"] ?? demo.agencies.find((one) => one.kind === "coordination");
  const who = coordinator.users.find((one) => one.role === "coordinator");
  const waiting = await ask(`${demo.api}/api/v1/unmatched`, { agency: coordinator.id, headers: { "x-on-behalf-of": who.email } });
  assert.ok(waiting.body.toString().includes(id), "the coordinator has it to match");
}

/** A file that is too large is refused before any of it is sent; on a slow line one sees how far a file has come. */
async function large(visit, page) {
  await page.goto(`${demo.portal}/messages/new`);
  await page.getByLabel("Title").fill("Film of the gate");
  await saved(page);
  const sent = [];
  page.on("request", (request) => /\/files\/[^/]+\?from=/.test(request.url()) && sent.push(request.url()));
  const film = join(folder, "film.mp4");
  writeFileSync(film, "");
  // It takes no room: there is nothing in it.
  truncateSync(film, 6 * 2 ** 30);
  await page.getByLabel("Add files").setInputFiles(film);
  await page.getByText("film.mp4: this file is larger than 5 GB: split it, or ask the coordination unit how to hand it over.").waitFor();
  assert.deepEqual(sent, [], "nothing of it is sent");
  await look(page, "file-too-large", script);
  assert.equal(await page.getByLabel("Title").inputValue(), "Film of the gate");
  await page.reload();
  assert.equal(await page.getByLabel("Title").inputValue(), "Film of the gate");
  assert.equal(await page.getByRole("heading", { name: "film.mp4", level: 3 }).count(), 0);

  const line = await visit.newCDPSession(page);
  const throttled = { offline: false, latency: 100, downloadThroughput: -1, uploadThroughput: 2 ** 20 };
  await line.send("Network.enable");
  await line.send("Network.emulateNetworkConditions", throttled);
  await page.getByLabel("Add files").setInputFiles({ name: "plan.pdf", mimeType: "application/pdf", buffer: Buffer.concat([Buffer.from("%PDF-1.4\n"), Buffer.alloc(9_000_000, 7)]) });
  const bar = page.getByLabel("Sending plan.pdf");
  await bar.waitFor();
  assert.ok((await bar.evaluate((one) => one.position)) <= 0, "nothing of it has come");
  await page.waitForFunction(() => document.querySelector("progress")?.position > 0);
  const halfway = await bar.evaluate((one) => one.position);
  assert.ok(halfway < 1, `on its way: ${halfway}`);
  await look(page, "file-on-its-way", script);
  await page.getByRole("heading", { name: "plan.pdf", level: 3 }).waitFor({ timeout: 60000 });
  assert.ok(sent.length >= 3, "piece by piece");
  await line.send("Network.emulateNetworkConditions", { ...throttled, uploadThroughput: -1, latency: 0 });
}

/** A recipient with no part in the case is warned of. */
async function warned(page) {
  await describe(page, nominal.name, police);
  const [year, month, day] = nominal.date_of_birth.split("-").map(Number);
  await page.getByLabel("Day").fill(String(day));
  await page.getByLabel("Month").fill(String(month));
  await page.getByLabel("Year").fill(String(year));
  await page.getByLabel("PNC ID, if you know it").fill(nominal.pnc_id);
  await page.getByLabel(agencies["hmp-northgate"].name).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText(/has no part in this person's case/).first().waitFor();
  await page.getByText("Will wait for a decision:").first().waitFor();
  await look(page, "check-warning", script);
}

/** An emergency is sent by whoever has just proved who they are; then it goes at once. */
async function emergency(page) {
  await describe(page, nominal.name, police);
  const [year, month, day] = nominal.date_of_birth.split("-").map(Number);
  await page.getByLabel("Day").fill(String(day));
  await page.getByLabel("Month").fill(String(month));
  await page.getByLabel("Year").fill(String(year));
  await page.getByLabel("PNC ID, if you know it").fill(nominal.pnc_id);
  await page.getByLabel("Serious harm is imminent: share it at once").check();
  await page.getByLabel(/If it is an emergency/).fill("He is outside her door.");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Check before you send" }).waitFor();
  await clock({ advance: "PT6M" });
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForURL(/sign-in\/again/);
  await look(page, "again", script);
  await page.getByLabel("Password", { exact: true }).fill(officer.password);
  await page.getByLabel("One-time code").fill(await code(officer.totp_secret));
  await page.getByRole("button").filter({ hasText: /Continue|Sign in/ }).click();
  await page.getByRole("heading", { name: "Check before you send" }).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Your message is sent").waitFor();
}

try {
  const [visit, page, complaints] = await begin(officer);
  await notOurs(page);
  await reply(page);
  await unknown(visit, page);
  if (script) await large(visit, page);
  await warned(page);
  await emergency(page);
  assert.deepEqual(complaints.filter((words) => !/status of 4\d\d/.test(words)), []);
  await visit.close();
  assert.deepEqual(found, []);
  console.log("messages hold");
} finally {
  await browser.close();
}
