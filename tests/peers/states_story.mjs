// Pages in states that are rarer: a list of more than one page, what may only be seen here, what
// only the agency itself can open, a session ended from elsewhere; and the whole job by the keyboard
// alone. In a real browser.
//
// usage: node states_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `states hold`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { agencies, ask, browser, code, context, demo, download, folder, found, look, person, scripted as script, signIn } from "./portal.mjs";

const nominal = demo.nominals[0];

async function begin(user) {
  const [visit, complaints] = await context(script);
  const page = await visit.newPage();
  await page.goto(`${demo.portal}/sign-in`);
  await signIn(page, user);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return { visit, page, complaints };
}

async function post(agency, body, by) {
  const exchange = {
    nominal: { identifiers: [{ kind: "PNC", value: nominal.pnc_id }, { kind: "DOB", value: nominal.date_of_birth }] },
    purpose: "MANAGE", necessity: "whoever manages him must know", bases: ["CJA 2003 s.325"], ...body };
  const headers = { "content-type": "application/json", ...(by ? { "x-on-behalf-of": by.email } : {}) };
  const answer = await ask(`${demo.api}/api/v1/exchanges`, { agency, body: JSON.stringify(exchange), headers });
  assert.equal(answer.status, 201, answer.body.toString());
  const said = JSON.parse(answer.body);
  assert.equal(said.state, "released", answer.body.toString());
  return said.id;
}

const text = (title, words, category = "RISK") => ({ title, category, text: words });

/** More than a page: older ones, newer ones, each once. */
async function pages() {
  for (let n = 1; n <= 23; n++) await post("met-police", { recipients: ["southwark-housing"], items: [text(`Note ${n}`, `Seen on day ${n}.`)] });
  const { visit, page } = await begin(person("southwark-housing", "spoc"));
  const titles = async () => (await page.locator("main h2, main h3").allInnerTexts()).filter((one) => /^Note \d+$/.test(one));
  const first = await titles();
  await look(page, "inbox-first-page", script);
  await page.getByRole("link", { name: "Next" }).click();
  const second = await titles();
  await look(page, "inbox-last-page", script);
  assert.deepEqual([...first, ...second].sort(), Array.from({ length: 23 }, (_, n) => `Note ${n + 1}`).sort());
  assert.equal(await page.getByRole("link", { name: "Next" }).count(), 0);
  await visit.close();
}

/** Where the victim is may be read here, and is not to be had elsewhere. */
async function onlyHere() {
  const reader = person("met-police", "spoc");
  const id = await post("london-probation", {
    recipients: [{ agency: "met-police", person: reader.email }], purpose: "VICTIM_SAFETY",
    items: [text("Where she is", "She lives at 3 Synthetic Row.", "VICTIM")] }, person("london-probation", "vlo"));
  const { visit, page } = await begin(reader);
  await page.goto(`${demo.portal}/messages/${id}`);
  await page.getByText("She lives at 3 Synthetic Row.").waitFor();
  assert.equal(await page.getByRole("link", { name: /^Download Where/ }).count(), 0);
  await look(page, "message-view-only", script);
  const asked = await page.goto(`${demo.portal}/messages/${id}/documents/1`);
  assert.equal(asked.status(), 403);
  await look(page, "document-view-only", script);
  await visit.close();
  // A colleague for whom it is not meant is told no more than that.
  const other = await begin(person("met-police", "practitioner"));
  await other.page.goto(`${demo.portal}/messages/${id}`);
  assert.ok(!(await other.page.content()).includes("Synthetic Row"));
  await look(other.page, "message-of-another-person", script);
  await other.visit.close();
}

/** An agency that holds its own key takes the sealed file and its key away, and opens them itself. */
async function ownKey() {
  const about = demo.nominals[2];
  const id = await post("met-police", {
    nominal: { identifiers: [{ kind: "PNC", value: about.pnc_id }, { kind: "DOB", value: about.date_of_birth }] },
    recipients: ["capital-tagging"], items: [text("Curfew", "Curfew from seven to seven.")] });
  const { visit, page } = await begin(person("capital-tagging", "spoc"));
  await page.goto(`${demo.portal}/messages/${id}`);
  await page.getByText("Your agency holds its own key").waitFor();
  assert.ok(!(await page.content()).includes("seven to seven"));
  await look(page, "message-own-key", script);
  const files = {};
  for (const [what, link] of [["sealed", /^Download Curfew/], ["key", /key/i]]) {
    const [, bytes] = await download(page, link);
    files[what] = join(folder, `states.${what}`);
    writeFileSync(files[what], bytes);
  }
  const age = (key, file) => execFileSync("age", ["-d", "-i", key, file]);
  const key = join(folder, "states.identity");
  writeFileSync(key, age(agencies["capital-tagging"].age_identity, files.key));
  assert.equal(age(key, files.sealed).toString(), "Curfew from seven to seven.");
  await visit.close();
}

/** A session that is ended from another browser is over at once. */
async function sessions() {
  const user = person("southwark-housing", "practitioner");
  const [left, here] = [await begin(user), await begin(user)];
  await here.page.goto(`${demo.portal}/sessions`);
  await look(here.page, "sessions-two", script);
  await here.page.getByRole("button", { name: "End this session" }).click();
  await here.page.getByText("This one").waitFor();
  assert.equal(await here.page.getByRole("button", { name: "End this session" }).count(), 0);
  await left.page.goto(`${demo.portal}/sent`);
  await left.page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
  await here.page.goto(`${demo.portal}/sent`);
  await here.page.getByRole("heading", { name: "Sent", level: 1 }).waitFor();
  for (const { visit } of [left, here]) await visit.close();
}

/** By Tab alone to an element; each stop on the way comes after the one before, and is seen to be it. */
async function reach(page, element) {
  for (let stops = 0; stops < 120; stops++) {
    if (await element.evaluate((one) => one === document.activeElement)) return;
    const before = await page.evaluateHandle(() => document.activeElement);
    await page.keyboard.press("Tab");
    const stop = await page.evaluate((last) => {
      const here = document.activeElement, style = getComputedStyle(here);
      const follows = last === document.body || here === document.body || Boolean(last.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING);
      const boxed = ["radio", "checkbox"].includes(here.type) || here === document.body;
      return { follows, seen: boxed || style.outlineStyle !== "none" || style.boxShadow !== "none", what: here.outerHTML.slice(0, 120) };
    }, before);
    assert.ok(stop.follows && stop.seen, JSON.stringify(stop));
  }
  assert.fail(`no way by the keyboard to ${element}`);
}

/** Her whole job without a mouse: sign in, read, answer, mend an error, check, send. */
async function keyboard() {
  const user = person("southwark-housing", "spoc");
  const id = await post("met-police", { recipients: ["southwark-housing"], items: [text("Tenancy", "Does he hold a tenancy of yours?")] });
  const [visit] = await context(script);
  const page = await visit.newPage();
  const type = async (label, words) => {
    await reach(page, page.getByLabel(label, { exact: true }));
    await page.keyboard.type(words);
  };
  const press = async (role, name, key = "Enter") => {
    await reach(page, page.getByRole(role, { name, exact: true }).first());
    await page.keyboard.press(key);
  };
  await page.goto(`${demo.portal}/messages/${id}`);
  await type("Email address", user.email);
  await type("Password", user.password);
  await type("One-time code", await code(user.totp_secret));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Tenancy", level: 1 }).waitFor();
  // The first stop of each page leads past what every page begins with.
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "Skip to main content");
  await page.keyboard.press("Enter");
  assert.match(page.url(), /#main-content$/);
  const reply = page.getByRole("link", { name: "Reply", exact: true }).or(page.getByRole("button", { name: "Reply", exact: true }));
  await reach(page, reply);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Reply", level: 1 }).waitFor();
  await press("button", "Continue");
  await page.getByRole("alert").getByText("Write a message, or add a file").waitFor();
  if (script) assert.ok(await page.locator(".govuk-error-summary").evaluate((one) => one === document.activeElement), "the errors are read out first");
  await press("link", "Write a message, or add a file");
  if (script) assert.equal(await page.evaluate(() => document.activeElement.id), "text", "the way from an error leads into its field");
  await type("Message", "No, he holds none.");
  await reach(page, page.getByLabel("What kind of information is the message?"));
  await page.keyboard.type("Where");
  await press("button", "Continue");
  await page.getByRole("heading", { name: "Check before you send" }).waitFor();
  await press("button", "Send", "Space");
  await page.getByText("Your message is sent").waitFor();
  await visit.close();
}

try {
  await keyboard();
  await pages();
  await onlyHere();
  await ownKey();
  await sessions();
  assert.deepEqual(found, []);
  console.log("states hold");
} finally {
  await browser.close();
}
