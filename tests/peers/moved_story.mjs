// What becomes of a cookie that was carried off; the link of a notice; many messages downloaded at
// once; a person who is none of the candidates; pages on paper. In a real browser, each page looked
// over by axe.
//
// usage: node moved_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `what was carried off is of no use`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { inflateSync } from "node:zlib";
import { agencies, ask, browser, code, context, demo, folder, found, gateway, look, person, pictures, scripted as script, signIn, submit } from "./portal.mjs";

const nominal = demo.nominals[0];
const officer = person("southwark-housing", "spoc");
const SECRET = "He was seen at the school gate.";

async function begin(user, address = "/sign-in", heading = "Inbox") {
  const [visit, complaints] = await context(script);
  const page = await visit.newPage();
  await page.goto(demo.portal + address);
  await signIn(page, user);
  await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  return { visit, page, complaints, user };
}

async function post(body) {
  const exchange = {
    nominal: { identifiers: [{ kind: "PNC", value: nominal.pnc_id }, { kind: "DOB", value: nominal.date_of_birth }] },
    recipients: ["southwark-housing"], purpose: "MANAGE", necessity: "whoever houses him must know", bases: ["CJA 2003 s.325"],
    items: [{ title: "Risk note", category: "RISK", text: SECRET }], ...body };
  const answer = await ask(`${demo.api}/api/v1/exchanges`, {
    agency: "met-police", body: JSON.stringify(exchange), headers: { "content-type": "application/json" } });
  assert.equal(answer.status, 201, answer.body.toString());
  return JSON.parse(answer.body).id;
}

/** The address in the mail that tells of a message. */
async function told(id) {
  for (let tries = 0; tries < 100; tries += 1) {
    for (const name of readdirSync(join(folder, "mail")).filter((name) => name.endsWith(".eml"))) {
      const mail = readFileSync(join(folder, "mail", name), "latin1").replace(/=\r?\n/g, "").replace(/=3D/g, "=");
      if (!mail.includes(`/messages/${id}`)) continue;
      assert.ok(mail.includes(officer.email) && mail.includes("Sign in here to read it"), mail);
      assert.ok(mail.includes(`${demo.portal}/messages/${id}`), "it leads to the portal");
      return `/messages/${id}`;
    }
    await wait(100);
  }
  assert.fail("no mail tells of it");
}

/** The link of a notice leads to the message; forwarded, to whoever of the agency may read it, and to nobody else. */
async function notice() {
  const address = await told(await post());
  const { visit, page } = await begin(officer, address, "Risk note");
  assert.equal(page.url(), demo.portal + address);
  assert.ok((await page.locator("main").innerText()).includes(SECRET));
  await visit.close();
  // Forwarded to the deputy it opens, as the deputy's own reading; to a practitioner it says for whom it is.
  const deputy = await begin(person("southwark-housing", "deputy-spoc"), address, "Risk note");
  assert.ok((await deputy.page.locator("main").innerText()).includes(SECRET));
  await deputy.visit.close();
  const colleague = await begin(person("southwark-housing", "practitioner"), address, "Risk note");
  assert.ok(!(await colleague.page.content()).includes(SECRET));
  await colleague.page.getByText("You cannot open this.").waitFor();
  await look(colleague.page, "message-for-the-contact", script);
  await colleague.visit.close();
  const [other] = await context(script);
  const stranger = await other.newPage();
  await stranger.goto(demo.portal + address);
  await signIn(stranger, agencies["hmp-northgate"].users[0]);
  await stranger.getByRole("heading", { name: "Page not found" }).waitFor();
  assert.ok(!(await stranger.content()).includes(SECRET));
  await other.close();
}

/** A cookie that was copied to another machine shows nothing there, and its owner is told. */
async function stolen() {
  const { visit, page } = await begin(officer);
  await page.goto(`${demo.portal}/messages/new`);
  await page.locator("#title").fill("Words that are not to be lost");
  await page.getByRole("button", { name: "Save draft" }).click();
  await page.getByText("Your draft is saved").waitFor();
  const draft = new URL(page.url()).pathname;
  const thief = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: script,
    userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0" });
  await thief.addCookies(await visit.cookies());
  const there = await thief.newPage();
  for (const path of [draft, "/inbox", "/sessions"]) {
    await there.goto(demo.portal + path);
    assert.match(there.url(), /\/sign-in/, path);
    assert.ok(!(await there.content()).includes(officer.name), path);
  }
  await thief.close();

  // It has ended for her too; she signs in, is told, and goes on where she was.
  await page.goto(demo.portal + draft);
  await page.getByText("Your session has ended").waitFor();
  await look(page, "session-ended", script);
  await signIn(page, officer);
  await page.getByRole("heading", { name: "We ended your session" }).waitFor();
  const words = await page.locator("main").innerText();
  assert.match(words, /Your session was used from another browser on .*\. We ended it\./);
  assert.ok(words.includes("020 7946 0123"), "whom to ring");
  await look(page, "session-moved", script);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("#title").waitFor();
  assert.equal(new URL(page.url()).pathname, draft);
  assert.equal(await page.locator("#title").inputValue(), "Words that are not to be lost");
  await visit.close();
  const unit = await begin(person("london-coordination", "coordinator"));
  await unit.page.goto(`${demo.portal}/notices`);
  await unit.page.getByText(`The session of ${officer.name} at ${agencies["southwark-housing"].name} was used from elsewhere`).waitFor();
  await unit.visit.close();

  // So does the single point of contact of her agency; and a form that comes after the end is not kept, which is said.
  const contact = await begin(officer);
  await contact.page.goto(`${demo.portal}/notices`);
  await contact.page.getByText(`The session of ${officer.name} at`).waitFor();
  await look(contact.page, "notices-of-the-contact", script);
  await contact.page.goto(`${demo.portal}/may-i-share`);
  const robber = await browser.newContext({ ignoreHTTPSErrors: true, userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0" });
  await robber.addCookies(await contact.visit.cookies());
  await (await robber.newPage()).goto(`${demo.portal}/inbox`);
  await robber.close();
  await contact.page.locator("main form[method=post] button").first().click();
  await contact.page.getByText("what you wrote in it is not kept").waitFor();
  await look(contact.page, "form-not-kept", script);
  await signIn(contact.page, officer);
  await contact.page.getByRole("heading", { name: "We ended your session" }).waitFor();
  await contact.page.getByRole("button", { name: "Continue" }).click();
  await contact.page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  await contact.visit.close();
}

async function stepUp({ page, user }) {
  if (!(await page.getByRole("heading", { name: "Confirm that it is you" }).count())) return;
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByLabel("One-time code").fill(await code(user.totp_secret));
  await page.getByRole("button", { name: "Continue" }).click();
}

/** What a ZIP has in it, as another program reads it. */
function unzipped(bytes) {
  const file = join(folder, "download.zip");
  writeFileSync(file, bytes);
  const read = "import json,sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;print(json.dumps({n:z.read(n).decode() for n in z.namelist()}))";
  return JSON.parse(execFileSync("python3", ["-c", read, file]));
}

/** Two messages of the inbox in one file. */
async function bulk() {
  const ids = [await post({ items: [{ title: "First note", category: "RISK", text: "one" }] }),
               await post({ items: [{ title: "Second note", category: "RISK", text: "two" }] })];
  const who = await begin(officer);
  const { page } = who;
  await page.getByRole("button", { name: "Download selected" }).click();
  await page.getByRole("alert").getByText("Select the messages that you want to download").waitFor();
  assert.match(await page.title(), /^Error: /);
  await look(page, "inbox-none-selected", script);
  await page.goto(`${demo.portal}/inbox`);
  for (const title of ["First note", "Second note"]) await page.getByLabel(`Select ${title}`).check();
  await look(page, "inbox-selected", script);
  for (const title of ["First note", "Second note"]) await page.getByLabel(`Select ${title}`).check();
  await page.getByRole("button", { name: "Download selected" }).click();
  await stepUp(who);
  await page.getByRole("heading", { name: "Download 2 messages" }).waitFor();
  await look(page, "bulk", script);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download", exact: true }).click()]);
  assert.match(file.suggestedFilename(), /^messages-\d{4}-\d\d-\d\d\.zip$/);
  const files = unzipped(readFileSync(await file.path()));
  const names = Object.keys(files);
  assert.equal(names.length, 7, names.join());
  const texts = names.filter((name) => name.endsWith(" note.txt")).map((name) => files[name]);
  assert.deepEqual(new Set(texts), new Set(["one", "two"]));
  const key = join(folder, "moved.key");
  writeFileSync(key, demo.ledger.verifier_key + "\n");
  for (const name of names.filter((name) => name.endsWith("receipt.tlog-proof"))) {
    const proof = join(folder, "moved.tlog-proof");
    writeFileSync(proof, files[name]);
    execFileSync(gateway, ["receipt", "verify", proof, "--key", key], { stdio: "pipe" });
  }
  for (const id of ids) {
    const sent = JSON.parse((await ask(`${demo.api}/api/v1/exchanges/${id}`, { agency: "met-police" })).body);
    assert.equal(sent.deliveries[0].state, "opened");
  }
  await who.visit.close();
}

/** Documents about somebody to an agency, and the ZIP that somebody there downloads of the newest message. */
async function zipped(user, agency, about, documents) {
  const items = Object.keys(documents).map((name) => ({ title: `${name}.pdf`, category: "RISK", document: name }));
  await submit("met-police", {
    nominal: { identifiers: [{ kind: "PNC", value: about.pnc_id }, { kind: "DOB", value: about.date_of_birth }] },
    recipients: [agency], purpose: "MANAGE", necessity: "whoever houses him must know", bases: ["CJA 2003 s.325"], items }, documents);
  const who = await begin(user);
  const { page } = who;
  await page.locator("input[name=message]").first().check();
  await page.getByRole("button", { name: "Download selected" }).click();
  await stepUp(who);
  await page.getByRole("heading", { name: "Download 1 message" }).waitFor();
  const before = await memory("VmRSS", true);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download", exact: true }).click()]);
  const path = await file.path();
  const most = await memory("VmHWM");
  const into = join(folder, `zip-${agency}`);
  execFileSync("python3", ["-m", "zipfile", "-e", path, into]);
  await who.visit.close();
  const [message] = readdirSync(into).filter((name) => name !== "index.txt");
  return { files: join(into, message), above: most - before };
}

/** What the gateway's process holds, MiB: now (VmRSS), or at most since the mark (VmHWM). */
async function memory(what, mark = false) {
  const pid = readFileSync(join(folder, "pid"), "utf8").trim();
  if (mark) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const [, kib] = readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`${what}:\\s+(\\d+)`));
  return Number(kib) / 1024;
}

/** An agency that holds its own key gets what its own tools open; and much is sent in little memory. */
async function bulkOfDocuments() {
  const own = demo.agencies.find((one) => one.custody === "agency");
  const plan = Buffer.concat([Buffer.from("%PDF-1.4\n"), Buffer.from(SECRET.repeat(10000))]);
  const sealed = await zipped(person(own.id, "spoc"), own.id, demo.nominals[2], { plan });
  const names = readdirSync(sealed.files);
  assert.ok(names.includes("1 plan.pdf.age") && names.includes("1 plan.pdf.key.age"), names.join());
  for (const name of names) assert.ok(!readFileSync(join(sealed.files, name)).includes(SECRET), `${name} is in clear`);
  const key = join(folder, "zip.agekey");
  writeFileSync(key, execFileSync("age", ["-d", "-i", own.age_identity, join(sealed.files, "1 plan.pdf.key.age")]));
  const opened = execFileSync("age", ["-d", "-i", key, join(sealed.files, "1 plan.pdf.age")]);
  assert.ok(opened.equals(plan), "it opens with the agency's own tool");

  const film = () => Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(40 << 20)]);
  const films = { first: film(), second: film() };
  const { files, above } = await zipped(officer, "southwark-housing", nominal, films);
  for (const [n, name] of Object.keys(films).entries()) {
    assert.ok(readFileSync(join(files, `${n + 1} ${name}.pdf`)).equals(films[name]), name);
  }
  console.log(`80 MiB in a ZIP: ${above.toFixed(1)} MiB above what was held before`);
  assert.ok(above < 32, `${above} MiB above what was held before`);
}

/** The coordinator finds that it is none of the candidates, and says why. */
async function none() {
  const id = await post({ nominal: { identifiers: [{ kind: "NAME", value: nominal.name }, { kind: "DOB", value: nominal.date_of_birth }] } });
  const { visit, page } = await begin(person("london-coordination", "coordinator"));
  await page.goto(`${demo.portal}/unmatched`);
  await page.getByLabel("Why are you looking?").fill("the morning round");
  await page.getByRole("button", { name: "Continue" }).click();
  const form = page.locator(`form[action="/unmatched/${id}"]`).last();
  await form.getByRole("button", { name: "None of these" }).click();
  await page.getByRole("alert").getByText("Enter why it is none of these").waitFor();
  await look(page, "unmatched-none-error", script);
  await form.getByLabel("Why it is none of these").fill("the sender says that he is another of this name");
  await form.getByRole("button", { name: "None of these" }).click();
  await page.getByText("It is recorded that it is none of these").waitFor();
  await page.getByText("found that it is none of these: the sender says that he is another of this name").waitFor();
  await look(page, "unmatched-none", script);
  await visit.close();
}

/** What is drawn on each sheet of a PDF, as the numbers of its font's glyphs, in order. */
function sheets(pdf) {
  const text = pdf.toString("latin1");
  const drawn = [];
  for (let at = text.indexOf("stream"); at >= 0; at = text.indexOf("stream", at + 6)) {
    if (text.slice(at - 3, at) === "end") continue;
    const begin = at + (text[at + 6] === "\r" ? 8 : 7);
    try {
      const stream = inflateSync(pdf.subarray(begin, text.indexOf("endstream", begin))).toString("latin1");
      if (/> Tj/.test(stream)) drawn.push([...stream.matchAll(/<([0-9A-F]+)> Tj/g)].map((match) => match[1]).join(""));
    } catch { /* a picture or a font */ }
  }
  return drawn;
}

/** On paper: nothing to press, the marking at head and foot, no addresses. */
async function onPaper(page, name, least = 1) {
  await page.emulateMedia({ media: "print" });
  for (const gone of [".govuk-service-navigation", ".govuk-back-link", ".govuk-button", ".portal-footer", ".moj-filter-layout__filter"]) {
    for (const one of await page.locator(gone).all()) assert.ok(!(await one.isVisible()), `${name}: ${gone} is printed`);
  }
  const links = await page.locator("main .govuk-link").evaluateAll((all) => all.map((one) => getComputedStyle(one, "::after").content));
  assert.ok(links.every((content) => content === "none"), `${name}: ${links}`);
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.subarray(0, 5).toString() === "%PDF-");
  if (pictures) writeFileSync(join(pictures, `${name}.pdf`), pdf);
  // The marking is the first that is drawn: four digits a letter.
  const all = sheets(pdf);
  const marking = all[0].slice(0, 4 * "OFFICIAL-SENSITIVE".length);
  assert.ok(all.length >= least, `${name}: ${all.length} sheets`);
  assert.ok(all.every((sheet) => sheet.split(marking).length > 2), `${name}: the marking is not at head and foot of each sheet`);
  await page.emulateMedia({ media: "screen" });
}

async function paper() {
  const long = Array.from({ length: 120 }, (_, n) => `Line ${n + 1}: ${SECRET}`).join("\n");
  const id = await post({ items: [{ title: "A long note", category: "RISK", text: long }] });
  const { visit, page } = await begin(officer, `/messages/${id}`, "A long note");
  await onPaper(page, "paper-message", 2);
  if (script) {
    await page.getByRole("button", { name: "Not our tenant" }).click();
    await page.getByRole("heading", { name: "Check before you send" }).waitFor();
    await onPaper(page, "paper-check");
  }
  await visit.close();
  const unit = await begin(person("london-coordination", "coordinator"));
  await unit.page.goto(`${demo.portal}/nominals/${nominal.ref}`);
  await unit.page.getByLabel("To prepare or follow up a MAPPA meeting").check();
  await unit.page.getByRole("button", { name: "Continue" }).click();
  await unit.page.getByRole("heading", { name: nominal.name, level: 1 }).waitFor();
  await onPaper(unit.page, "paper-nominal");
  await unit.visit.close();
  const sender = await begin(agencies["met-police"].users[0], `/messages/${id}`, "A long note");
  await onPaper(sender.page, "paper-sent");
  await sender.visit.close();
}

try {
  await notice();
  await stolen();
  await bulk();
  if (script) await bulkOfDocuments();
  await none();
  await paper();
  assert.deepEqual(found, []);
  console.log("what was carried off is of no use");
} finally {
  await browser.close();
}
