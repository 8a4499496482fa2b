// Those who decide, in a real browser: a Caldicott guardian and a chair find their holds, read,
// approve, approve in part, refuse and ask back; nobody decides on what their own colleague sent
// where the rule wants another agency; and the coordinator's round of what waits in her area.
//
// usage: node holds_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `holds are decided`.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { agencies, ask, away, browser, clock, context, cookieOf, demo, download, folder, found, look, person, scripted, signIn } from "./portal.mjs";

const TRUST = "london-mental-health";
const UNIT = "london-coordination";
const nominal = demo.nominals[0];
const known = [{ kind: "PNC", value: nominal.pnc_id }, { kind: "DOB", value: nominal.date_of_birth }];
const pdf = Buffer.concat([Buffer.from("%PDF-1.4\n"), Buffer.alloc(90000, 7)]);

/** An exchange by an agency's system, on behalf of a person where one is named. */
async function send(agency, items, { recipients = ["london-probation"], by, document, identifiers = known, ...rest } = {}) {
  const exchange = { nominal: { identifiers }, recipients, purpose: "MANAGE", necessity: "whoever manages him must know", bases: ["CJA 2003 s.325"], items, ...rest };
  const edge = "an-edge-that-no-report-has";
  const part = (head, body) => [Buffer.from(`--${edge}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`), Buffer.from(body), Buffer.from("\r\n")];
  const body = Buffer.concat([
    ...part('name="exchange"\r\nContent-Type: application/json', JSON.stringify(exchange)),
    ...(document ? part('name="report"; filename="report.pdf"\r\nContent-Type: application/pdf', document) : []),
    Buffer.from(`--${edge}--\r\n`)]);
  const headers = { "content-type": `multipart/form-data; boundary=${edge}`, "content-length": body.length, ...(by ? { "x-on-behalf-of": by } : {}) };
  const answer = await ask(`${demo.api}/api/v1/exchanges`, { agency, body, headers });
  assert.equal(answer.status, 201, answer.body.toString());
  return JSON.parse(answer.body);
}

async function state(agency, id) {
  return JSON.parse((await ask(`${demo.api}/api/v1/exchanges/${id}`, { agency })).body);
}

/** What probation's inbox has of an exchange: the titles. */
async function inbox(id) {
  const { deliveries } = JSON.parse((await ask(`${demo.api}/api/v1/inbox?limit=200`, { agency: "london-probation" })).body);
  return deliveries.filter((one) => one.exchange === id).flatMap((one) => one.items.map((item) => item.title));
}

/** One mail, as its bytes are, from an envelope sender to a recipient. */
function mail(from, to, bytes) {
  const lines = ["EHLO story.example", `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, "DATA"];
  return new Promise((resolve, reject) => {
    const wire = net.connect(demo.smtp.port, demo.smtp.host);
    let said = "";
    wire.on("error", reject);
    wire.on("data", (part) => {
      said += part.toString("latin1");
      const whole = said.match(/(?:^|\r\n)(\d{3}) [^\r\n]*\r\n$/);
      if (!whole) return;
      said = "";
      if (Number(whole[1]) >= 400) return reject(new Error(whole[0]));
      if (whole[1] === "354") return wire.write(Buffer.concat([Buffer.from(bytes), Buffer.from("\r\n.\r\n")]));
      if (lines.length) return wire.write(lines.shift() + "\r\n");
      wire.end("QUIT\r\n");
      resolve();
    });
  });
}

/** What the gateway mailed to an address, the newest last. */
function mailed(address) {
  const files = readdirSync(join(folder, "mail")).filter((name) => name.endsWith(".eml")).map((name) => join(folder, "mail", name));
  const mails = files.sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs).map((file) => readFileSync(file, "latin1"));
  return mails.filter((one) => new RegExp(`^To:[^\n]*${address}`, "m").test(one));
}

async function visit(user, path, heading = /./) {
  const [made, complaints] = await context(scripted);
  const page = await made.newPage();
  await page.goto(`${demo.portal}${path}`);
  await signIn(page, user);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  return { made, page, complaints };
}

async function end({ made, complaints }) {
  // Nothing that a browser could complain of, but for refusals.
  assert.deepEqual(complaints.filter((words) => !/status of 4\d\d/.test(words)), []);
  await made.close();
}

const clinical = (title, more) => ({ title, category: "HEALTH_CLIN", owner: TRUST, ...more });

/** The guardian: asks back, approves in part, refuses the rest. */
async function guardian() {
  const user = person(TRUST, "caldicott");
  const early = await visit(user, "/holds", "Holds");
  await early.page.getByText("Nothing waits for your decision").waitFor();
  await look(early.page, "holds-empty", scripted);
  const { id } = await send("met-police", [clinical("Report of March", { text: "He is calm.\nHe takes <b>his</b> medicine." }), clinical("Report of April.pdf", { document: "report" })],
                            { by: person("met-police", "spoc").email, document: pdf });
  const { page } = early;
  await page.getByRole("link", { name: "Holds", exact: true }).click();
  await page.getByText("2 decisions").waitFor();
  await look(page, "holds", scripted);
  await page.getByRole("link", { name: "Report of March; Report of April.pdf" }).click();
  assert.equal(page.url(), `${demo.portal}/holds/${id}`);
  const text = await page.locator("main").innerText();
  for (const words of [agencies["met-police"].name, person("met-police", "spoc").name, agencies["london-probation"].name, "to manage risk", "whoever manages him must know",
                       "CJA 2003 s.325", "Why it is held", "He takes <b>his</b> medicine.", nominal.name]) {
    assert.ok(text.includes(words), `${words} is not in: ${text}`);
  }
  await look(page, "hold", scripted);
  const [name, bytes] = await download(page, /^Download Report of April/);
  assert.equal(name, "Report of April.pdf");
  assert.ok(bytes.equals(pdf), "the download is what was sent");

  // Without reasons nothing is decided, and nothing that was chosen is lost.
  await page.getByRole("checkbox", { name: /^Report of April/ }).uncheck();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("alert").getByText("Enter your reasons").waitFor();
  assert.match(await page.title(), /^Error: /);
  assert.ok(!(await page.getByRole("checkbox", { name: /^Report of April/ }).isChecked()) && (await page.getByRole("checkbox", { name: /^Report of March/ }).isChecked()));
  await look(page, "hold-error", scripted);
  assert.equal((await state("met-police", id)).state, "held");

  // She asks; a colleague of the sender answers.
  await page.getByRole("button", { name: "Ask back" }).click();
  await page.getByRole("alert").getByText("Enter your question").waitFor();
  await page.getByLabel("Question to the sender").fill("Which report does the plan turn on?");
  await page.getByRole("button", { name: "Ask back" }).click();
  await page.getByText("The sender has been asked").waitFor();
  assert.equal(await page.getByRole("button", { name: "Ask back" }).count(), 0);
  await page.getByText("Waits for an answer").first().waitFor();
  await look(page, "hold-asked", scripted);
  await colleague(id);
  await page.goto(`${demo.portal}/holds`);
  await page.getByText("Answered").waitFor();
  await page.getByRole("link", { name: /^Report of March/ }).click();
  await page.getByText("The one of March.").waitFor();
  await look(page, "hold-answered", scripted);

  // She approves in part; a double click decides once.
  await page.getByRole("checkbox", { name: /^Report of April/ }).uncheck();
  const reasons = `the plan turns on it, and ${"so does his release, ".repeat(900)}and no more`;
  await page.getByLabel("Reasons").fill(reasons);
  await away(page, user, "Approve");
  await page.getByText("nothing was done. Check it, and send it").waitFor();
  assert.equal(await page.getByLabel("Reasons").inputValue(), reasons);
  assert.ok(!(await page.getByRole("checkbox", { name: /^Report of April/ }).isChecked()) && (await page.getByRole("checkbox", { name: /^Report of March/ }).isChecked()));
  assert.equal((await state("met-police", id)).state, "held", "she has not sent it yet");
  await look(page, "hold-returned", scripted);
  await page.getByRole("button", { name: "Approve" }).dblclick();
  await page.getByText("Your approval is recorded").waitFor();
  assert.deepEqual(await inbox(id), ["Report of March"]);
  await look(page, "hold-in-part", scripted);
  await page.getByLabel("Reasons").fill("not needed for the plan");
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByText("Your refusal is recorded").waitFor();
  await page.getByText("Nothing of this waits for a decision any more").waitFor();
  await look(page, "hold-decided", scripted);
  assert.deepEqual(await inbox(id), ["Report of March"]);
  await end(early);
  return id;
}

/** Somebody at the sending agency finds the question and answers. */
async function colleague(id) {
  const user = agencies["met-police"].users.find((one) => one.role === "manager");
  const visited = await visit(user, "/sent", "Sent");
  const { page } = visited;
  await page.getByText("You are asked something").waitFor();
  await look(page, "sent-asked", scripted);
  await page.goto(`${demo.portal}/messages/${id}`);
  await page.getByText("Which report does the plan turn on?").waitFor();
  await look(page, "message-asked", scripted);
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByRole("alert").getByText("Enter your answer").waitFor();
  await look(page, "answer-error", scripted);
  await page.getByLabel("Your answer").fill("The one of March.");
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByText("The one of March.").waitFor();
  assert.equal(page.url(), `${demo.portal}/messages/${id}#questions`);
  await end(visited);
  // The person who sent it was told by mail that something waits, and not what.
  const address = person("met-police", "spoc").email;
  const told = mailed(address).filter((one) => one.includes("Something waits for you"));
  assert.ok(told.length > 0 && told.every((one) => !one.includes("Which report")), `told by ${told.length} mails`);
}

/** The chair: minutes, decided meanwhile in another window. */
async function chair() {
  const user = person(UNIT, "chair");
  const { id } = await send(UNIT, [{ title: "Minutes of 2 March", category: "MINUTES", text: "Agreed: curfew at ten." }], { by: person(UNIT, "coordinator").email });
  const visited = await visit(user, `/holds/${id}`, "Minutes of 2 March");
  const { page } = visited;
  const other = await visited.made.newPage();
  await other.goto(`${demo.portal}/holds/${id}`);
  await other.getByLabel("Reasons").fill("there is no need");
  await page.getByLabel("Reasons").fill("probation supervises him");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText("Your approval is recorded").waitFor();
  await other.getByRole("button", { name: "Refuse" }).click();
  await other.getByText(/decided while you had the page open/).waitFor();
  await look(other, "hold-decided-meanwhile", scripted);
  assert.deepEqual(await inbox(id), ["Minutes of 2 March"]);
  // What the unit's coordinator sees is not for the chair.
  await other.goto(`${demo.portal}/coordination`);
  await other.getByText("needs the role coordinator").waitFor();
  await look(other, "coordination-not-allowed", scripted);
  await end(visited);
}

/** Mail that nobody proves, an unknown person, something incomplete, a report of failure. */
async function trouble() {
  const domain = demo.gateway.email.split("@")[1];
  const odd = 'From: a stranger <somebody@elsewhere.example>\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n<script>document.title = "taken"</script><img src="https://evil.example/x.png">\r\n';
  await mail("somebody@elsewhere.example", `met-police@${domain}`, odd);
  await mail("somebody@elsewhere.example", `met-police@${domain}`, Buffer.concat([Buffer.from("From: b@elsewhere.example\r\nSubject: bytes\r\n\r\n"), Buffer.from([0x4d, 0x5a, 0x90, 0xff, 0xfe, 0x80])]));
  const risk = (title) => [{ title, category: "RISK", text: "Threatened the reception desk." }];
  const unknown = await send("met-police", risk("Threat to staff"), { identifiers: [{ kind: "NAME", value: nominal.name }, { kind: "DOB", value: nominal.date_of_birth }] });
  assert.equal(unknown.state, "incomplete");
  assert.equal((await send("met-police", risk("Visits"), { necessity: null })).state, "incomplete");
  const sent = await send("met-police", risk("Risk note"));
  assert.equal(sent.state, "released");
  await failure(sent.id, domain);
  return { unknown: unknown.id, failed: sent.id };
}

/** The mail that carried an exchange comes back: a report says so (RFC 3464). */
async function failure(id, domain) {
  const agency = agencies["london-probation"];
  let carried;
  for (let tries = 0; !carried && tries < 100; tries++) {
    carried = mailed(agency.email).findLast((one) => one.includes("smime-type="));
    const { deliveries } = await state("met-police", id);
    if (deliveries[0].state !== "sent") carried = undefined;
    if (!carried) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(carried, "the mail went out");
  const [, row] = carried.match(/^Message-ID: <ref\.[^.]+\.([^@]+)@/im);
  const report = `From: postmaster@elsewhere.example\r\nTo: bounce+${row}@${domain}\r\nSubject: failed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; elsewhere.example\r\n\r\nFinal-Recipient: rfc822; ${agency.email}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x--\r\n`;
  await mail("", `bounce+${row}@${domain}`, report);
  assert.equal((await state("met-police", id)).deliveries[0].state, "failed");
}

/** The coordinator's round. */
async function coordinator() {
  const user = person(UNIT, "coordinator");
  const { unknown } = await trouble();
  const held = await send(UNIT, [clinical("Report of May", { text: "He is well." })], { by: person(UNIT, "vlo").email });
  assert.equal(held.state, "held");
  // Three working days on: nobody has decided or opened anything.
  await clock({ advance: "P7D" });
  const visited = await visit(user, "/coordination", "Coordination");
  const { page } = visited;
  const row = (name) => page.getByRole("row", { name: new RegExp(`^${name}`) });
  for (const [name, number] of [["Quarantine", 2], ["Unmatched", 1], ["Incomplete", 2], ["Undelivered", 1], ["Holds past their time", 1]]) {
    await row(`${name} ${number}`).first().waitFor({ timeout: 20000 });
  }
  await look(page, "coordination", scripted);

  // Her reason is asked once, in words.
  await page.getByRole("link", { name: "Quarantine", exact: true }).click();
  await look(page, "reason", scripted);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Enter why you are looking").waitFor();
  await look(page, "reason-error", scripted);
  await page.getByLabel("Why are you looking?").fill("the morning round");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("Nothing of these has reached anybody").waitFor();
  assert.equal(page.url(), `${demo.portal}/quarantine`);
  await look(page, "quarantine", scripted);

  // What is in it is text, and nothing of it happens.
  const entries = page.locator("main li h2 a");
  assert.equal(await entries.count(), 2);
  const addresses = await entries.evaluateAll((links) => links.map((link) => link.href));
  for (const [n, address] of addresses.entries()) {
    await page.goto(address);
    assert.equal(await page.locator("pre.portal-inert").count(), 0, "not before she has said why");
    if (n === 0) await look(page, "kept-apart", scripted);
    await page.getByLabel("Why are you looking?").fill("probation asks who wrote it");
    await page.getByRole("button", { name: "Continue" }).click();
    const shown = await page.locator("pre.portal-inert").innerText();
    if (n === 0) {
      assert.ok(shown.includes('<script>document.title = "taken"</script><img src='), shown);
      assert.equal(await page.locator("main img, main script, main a[href*=evil]").count(), 0);
    } else {
      assert.ok(shown.includes("MZ\\x90\\xff\\xfe\\x80"), shown);
      await page.getByText("This is no text").waitFor();
    }
    assert.doesNotMatch(await page.title(), /taken/);
    await look(page, `kept-apart-${n === 0 ? "text" : "bytes"}`, scripted);
  }

  await unmatched(page, unknown);
  for (const [list, name] of [["/incomplete", "Incomplete"], ["/overdue", "Overdue"], ["/undelivered", "Undelivered"]]) {
    await page.goto(`${demo.portal}${list}`);
    await page.getByRole("heading", { level: 1, name }).waitFor();
    assert.ok((await page.locator("main li.portal-waits__one").count()) > 0, list);
    await look(page, name.toLowerCase(), scripted);
  }

  // All that is held in her area; this one she may see and not decide.
  await page.getByRole("link", { name: "Holds", exact: true }).click();
  await page.getByRole("heading", { name: "All that is held in your area" }).waitFor();
  await look(page, "holds-area", scripted);
  await page.getByRole("link", { name: "Report of May" }).first().click();
  await page.getByText("the rule wants another agency to decide it").waitFor();
  assert.equal(await page.getByRole("button", { name: /Approve|Refuse|Ask back/ }).count(), 0);
  await look(page, "hold-of-a-colleague", scripted);
  await end(visited);
  return held.id;
}

/** The candidates stand beside what was given; she chooses, with reasons. */
async function unmatched(page, id) {
  await page.goto(`${demo.portal}/unmatched`);
  const beside = page.getByRole("table", { name: new RegExp(nominal.name) });
  await beside.getByText("Agrees").first().waitFor();
  await beside.getByText("Given").waitFor();
  await look(page, "unmatched", scripted);
  await page.getByLabel("Reasons").fill("rang the custody desk");
  await page.getByRole("button", { name: "Match" }).click();
  await page.getByRole("alert").getByText("Select whom it is about").waitFor();
  assert.equal(await page.getByLabel("Reasons").inputValue(), "rang the custody desk");
  await look(page, "unmatched-error", scripted);
  await page.getByRole("radio", { name: new RegExp(`^${nominal.name}`) }).check();
  await page.getByRole("button", { name: "Match" }).click();
  await page.getByText("It is matched").waitFor();
  await look(page, "unmatched-empty", scripted);
  assert.equal((await state("met-police", id)).state, "released");
}

/** The addresses, for who has no business there: as what is not there. */
async function strangers(id, held) {
  const nobody = "00000000-0000-7000-8000-000000000000";
  const own = { "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };
  const stranger = await cookieOf(person("hmp-northgate", "security"));
  for (const list of ["/coordination", "/quarantine", "/unmatched", "/incomplete", "/overdue", "/undelivered"]) {
    assert.equal((await ask(demo.portal + list, { headers: { cookie: stranger.cookie } })).status, 404, list);
  }
  for (const decision of ["approve", "refuse", "ask"]) {
    const body = `token=${stranger.token}&decision=${decision}&reasons=x&question=x`;
    const [theirs, absent] = await Promise.all([held, nobody].map((of) => ask(`${demo.portal}/holds/${of}`, { headers: { ...own, cookie: stranger.cookie }, body })));
    assert.equal(theirs.status, 404);
    assert.ok(theirs.body.equals(absent.body));
  }
  const sender = await cookieOf(agencies["met-police"].users[0]);
  assert.equal((await ask(`${demo.portal}/holds/${id}`, { headers: { cookie: sender.cookie } })).status, 404, "the sender is no reviewer");
}

try {
  const id = await guardian();
  await chair();
  const held = await coordinator();
  await strangers(id, held);
  assert.deepEqual(found, []);
  console.log("holds are decided");
} finally {
  await browser.close();
}
