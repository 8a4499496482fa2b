// A coordinator's day with the records, the auditor's with the log, and a housing officer's
// question before she writes: in a real browser, each page looked over by axe.
//
// usage: node coordinator_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `the coordinator's story holds`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, away, browser, clock, context, cookieOf, demo, download, folder, found, gateway, look, person, scripted, signIn } from "./portal.mjs";

const [daniel, oscar, leonard, rachel] = demo.nominals;
const SECRET = "He was seen at the school gate.";
const key = join(folder, "coordinator.key");
writeFileSync(key, demo.ledger.verifier_key + "\n");

/** The police post a note about somebody, by their own system. */
async function post(about, title, to = ["southwark-housing", "london-probation"]) {
  const body = JSON.stringify({
    nominal: { identifiers: [{ kind: "PNC", value: about.pnc_id }, { kind: "DOB", value: about.date_of_birth }] },
    recipients: to, purpose: "MANAGE", necessity: "whoever houses him must know", bases: ["CJA 2003 s.325"],
    items: [{ title, category: "RISK", text: `${SECRET} ${title}` }] });
  const answer = await ask(`${demo.api}/api/v1/exchanges`, { agency: "met-police", body, headers: { "content-type": "application/json" } });
  assert.equal(answer.status, 201, answer.body.toString());
  return JSON.parse(answer.body).id;
}

async function taken(page, link) {
  const [file] = await Promise.all([page.waitForEvent("download"), link.click()]);
  return [file.suggestedFilename(), readFileSync(await file.path())];
}

/** A proof, taken from a page and checked by the binary alone. */
async function proved(page, link) {
  const [name, proof] = await taken(page, link);
  assert.match(name, /\.tlog-proof$/);
  const file = join(folder, "coordinator.tlog-proof");
  writeFileSync(file, proof);
  execFileSync(gateway, ["receipt", "verify", file, "--key", key], { stdio: "pipe" });
  return proof;
}

async function begin(user) {
  const [visit, complaints] = await context(scripted);
  const page = await visit.newPage();
  await page.goto(`${demo.portal}/sign-in`);
  await signIn(page, user);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return { visit, page, complaints, words: () => page.locator("main").innerText() };
}

/** A form of an act, filled in by `fill`, checked and confirmed. */
async function act(page, fill, reasons) {
  await fill?.();
  await page.getByLabel("Your reasons").fill(reasons);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Check your answers" }).waitFor();
}

/** The form for checking as it stands, to be sent once more by hand. */
async function sent(page, path) {
  const fields = await page.locator(`form[action="${path}"] input[type=hidden]`).evaluateAll((all) => all.map((one) => [one.name, one.value]));
  const body = new URLSearchParams([...fields, ["confirm", "yes"]]).toString();
  return (cookies) => ask(demo.portal + path, { method: "POST", body, headers: {
    cookie: cookies.map((one) => `${one.name}=${one.value}`).join("; "),
    "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" } });
}

async function coordinator() {
  const note = await post(daniel, "Risk note");
  const wrong = await post(daniel, "Misfiled note");
  const { visit, page, complaints, words } = await begin(person("london-coordination", "coordinator"));

  // A record is found by the service's reference alone, and opened with a reason.
  await page.getByRole("link", { name: "Records", exact: true }).click();
  await look(page, "nominals-find", scripted);
  await page.getByLabel("Reference of the record").fill("nobody");
  await page.getByRole("button", { name: "Open the record" }).click();
  await page.getByRole("alert").getByText("There is no record with this reference").waitFor();
  assert.equal(await page.getByLabel("Reference of the record").inputValue(), "nobody");
  await look(page, "nominals-find-error", scripted);
  complaints.length = 0;
  await page.getByLabel("Reference of the record").fill(daniel.ref);
  await page.getByRole("button", { name: "Open the record" }).click();
  await page.getByRole("heading", { name: "Why are you reading this record?" }).waitFor();
  assert.ok(!(await page.content()).includes(daniel.name), "nothing is shown before the reason");
  await look(page, "nominal-why", scripted);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Select why you are reading this").waitFor();
  assert.match(await page.title(), /^Error: /);
  await page.getByLabel("Another reason").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Enter your reason in your own words").waitFor();
  await look(page, "nominal-why-error", scripted);
  complaints.length = 0;
  await page.getByLabel("To prepare or follow up a MAPPA meeting").check();
  await page.getByLabel("In your own words").fill("the review of Thursday");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: daniel.name, level: 1 }).waitFor();
  for (const said of ["1 February 1980", "1999/0123456X", "London Police", "Beth Testwell", "Since ", "Information was sent"]) {
    assert.ok((await words()).includes(said), `${said} is not in ${await words()}`);
  }
  assert.ok(!(await words()).includes(SECRET));
  await look(page, "nominal", scripted);

  // The timeline by kind, agency and day; each filter can be taken away again.
  const kinds = () => page.locator(".moj-timeline__title").allInnerTexts();
  assert.ok((await kinds()).includes("A reason for reading was given"));
  await page.getByLabel("Sharing", { exact: true }).check();
  await page.getByRole("button", { name: "Apply filters" }).click();
  await page.getByText("Selected filters").waitFor();
  assert.deepEqual(new Set(await kinds()), new Set(["Information was sent"]));
  await look(page, "nominal-filtered", scripted);
  const proof = await proved(page, page.getByRole("link", { name: "Download the proof" }).first());
  assert.ok(proof.toString().includes("extra "), "with its opening, for who sees all");
  await page.getByLabel("Agency", { exact: true }).selectOption("southwark-children");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await page.getByText("Nothing happened that you asked for").waitFor();
  await page.getByRole("link", { name: /Remove this filter.*Sharing/ }).click();
  await page.getByRole("link", { name: "Clear filters" }).click();
  const until = page.getByRole("group", { name: "Until this day" });
  await until.getByLabel("Day").fill("31");
  await until.getByLabel("Month").fill("2");
  await until.getByLabel("Year").fill("2020");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await page.getByRole("alert").getByText("Enter a real date").waitFor();
  await look(page, "nominal-filter-error", scripted);
  await until.getByLabel("Day").fill("28");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await page.getByText("Nothing happened that you asked for").waitFor();

  // A partner is added, once, with reasons.
  await page.goto(`${demo.portal}/nominals/${daniel.ref}`);
  await page.getByRole("link", { name: "Add a partner" }).click();
  await look(page, "act-partner", scripted);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Select an agency").waitFor();
  await page.getByRole("alert").getByText("Enter your reasons").waitFor();
  await look(page, "act-partner-error", scripted);
  complaints.length = 0;
  await act(page, () => page.getByLabel("Agency", { exact: true }).selectOption("capital-tagging"), "he wears a tag from today");
  assert.ok((await words()).includes("he wears a tag from today"));
  await look(page, "act-check", scripted);
  await page.getByRole("button", { name: "Change these answers" }).click();
  assert.equal(await page.getByLabel("Your reasons").inputValue(), "he wears a tag from today");
  // Away in the middle of it: her words come back, and nothing was done meanwhile.
  await away(page, person("london-coordination", "coordinator"), "Continue");
  await page.getByText("nothing was done. Check it, and send it").waitFor();
  assert.equal(await page.getByLabel("Your reasons").inputValue(), "he wears a tag from today");
  assert.equal(await page.getByLabel("Agency", { exact: true }).inputValue(), "capital-tagging");
  await act(page, null, "he wears a tag from today");
  const again = await sent(page, `/nominals/${daniel.ref}/change/partner`);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Done. It is on the timeline").waitFor();
  const tagging = () => page.getByRole("table", { name: "Partners" }).getByRole("row", { name: /Tagging/ }).count();
  assert.equal(await tagging(), 1);
  await look(page, "nominal-done", scripted);
  const twice = await again(await visit.cookies());
  assert.equal(twice.status, 303, twice.body.toString());
  await page.reload();
  assert.equal(await tagging(), 1, "sent again is the same act");
  assert.ok((await kinds()).includes("A partner was added"));

  // A form is asked of those who write it, for a meeting.
  await page.goto(`${demo.portal}/nominals/${daniel.ref}`);
  await page.getByRole("link", { name: "Ask for a form" }).click();
  await look(page, "act-ask", scripted);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Enter the day of the meeting").waitFor();
  await look(page, "act-ask-error", scripted);
  complaints.length = 0;
  await page.getByLabel("Form", { exact: true }).selectOption({ index: 1 });
  for (const [part, value] of [["Day", "28"], ["Month", "2"], ["Year", "2099"]]) await page.getByLabel(part, { exact: true }).fill(value);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("28 February 2099").waitFor();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Done. It is on the timeline").waitFor();
  assert.ok((await kinds()).includes("A form was asked for"));

  // What was filed with the wrong person is moved to the right one's record.
  await page.goto(`${demo.portal}/nominals/${daniel.ref}?kind=sharing`);
  await page.getByRole("link", { name: "Move to another record" }).first().click();
  await look(page, "act-move", scripted);
  const reference = page.getByLabel("Reference of the right person’s record");
  await reference.fill("nobody");
  await page.getByLabel("Your reasons").fill("it is about his brother");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Enter the reference of another record").waitFor();
  complaints.length = 0;
  await act(page, () => reference.fill(oscar.ref), "it is about another man of the same street");
  assert.ok((await words()).includes(oscar.name), "she sees whose it will be");
  await look(page, "act-move-check", scripted);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Done. It is on the timeline").waitFor();
  assert.ok((await kinds()).includes("A message was moved to another record"));
  await page.goto(`${demo.portal}/nominals/${oscar.ref}`);
  await page.getByRole("heading", { name: oscar.name, level: 1 }).waitFor();
  assert.ok((await kinds()).includes("A message was moved to this record"));
  const about = async (id) => JSON.parse((await ask(`${demo.api}/api/v1/exchanges/${id}`, { agency: "met-police" })).body).nominal;
  assert.deepEqual([await about(note), await about(wrong)], [daniel.ref, oscar.ref]);

  // Two records of one person become one.
  await page.goto(`${demo.portal}/nominals/${leonard.ref}`);
  await page.getByLabel("To check or change who takes part").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("link", { name: "Join a duplicate record" }).click();
  await act(page, () => page.getByLabel("Reference of the duplicate").fill(rachel.ref), "one person, entered twice");
  assert.ok((await words()).includes(rachel.name));
  await look(page, "act-merge-check", scripted);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Done. It is on the timeline").waitFor();
  assert.ok((await words()).includes(rachel.name), "the other name is kept");
  await page.goto(`${demo.portal}/nominals/${rachel.ref}`);
  await page.getByRole("heading", { name: leonard.name, level: 1 }).waitFor();

  // The list of the area, with a reason of its own.
  await page.goto(`${demo.portal}/nominals/list`);
  await page.getByRole("heading", { name: "Why are you reading the list of records?" }).waitFor();
  await page.getByLabel("To prepare or follow up").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("link", { name: daniel.name }).waitFor();
  assert.equal(await page.getByRole("link", { name: rachel.name }).count(), 0, "a merged record is not listed");
  await look(page, "nominals-list", scripted);
  assert.deepEqual(complaints.filter((said) => !/status of 4\d\d/.test(said)), []);
  await visit.close();
}

/** What a partner sees of the same record: what is theirs. */
async function partner() {
  const { visit, page, words } = await begin(person("southwark-housing", "spoc"));
  await page.goto(`${demo.portal}/nominals/${daniel.ref}`);
  await page.getByLabel("Something new has come in").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: daniel.name, level: 1 }).waitFor();
  const seen = await words();
  assert.ok(seen.includes("You see what your agency did and what reached it"));
  for (const hidden of ["Rules:", "Add a partner", "Move to another record"]) assert.ok(!seen.includes(hidden), hidden);
  await page.getByRole("link", { name: "Open the message" }).first().waitFor();
  await look(page, "nominal-partner", scripted);
  const refused = await page.goto(`${demo.portal}/nominals/${daniel.ref}/change/partner`);
  assert.equal(refused.status(), 403);
  await visit.close();
}

/** Another agency's record is nothing at all, by each of its addresses. */
async function stranger() {
  const who = await cookieOf(person("southwark-education", "spoc"));
  const form = { cookie: who.cookie, "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };
  const nobody = "00000000-0000-7000-8000-000000000000";
  for (const tail of ["", "/events/x/proof", "/change/partner", "/messages/x/move"]) {
    for (const body of [undefined, `token=${who.token}&why=meeting&reasons=x&confirm=yes`]) {
      if (body && tail.endsWith("proof")) continue;
      const at = (reference) => ask(`${demo.portal}/nominals/${reference}${tail}`, { headers: form, body, method: body ? "POST" : "GET" });
      const [theirs, absent] = [await at(daniel.ref), await at(nobody)];
      assert.equal(theirs.status, 404, tail);
      assert.ok(theirs.body.equals(absent.body), `${tail}: another's differs from what is not there`);
    }
  }
  for (const path of ["/audit", "/audit/events.csv", "/audit/counts", "/nominals/list"]) {
    assert.equal((await ask(demo.portal + path, { headers: { cookie: who.cookie } })).status, 404, path);
  }
}

async function auditor() {
  const { visit, page, complaints, words } = await begin(person("london-coordination", "auditor"));
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await page.getByRole("heading", { name: "How the service was used" }).waitFor();
  const rows = () => page.getByRole("table").getByRole("row").allInnerTexts();
  assert.ok((await rows())[1].includes("The log was read"), "that she looks is the newest event");
  await look(page, "audit", scripted);
  await page.getByLabel("Readings", { exact: true }).check();
  await page.getByLabel("Agency", { exact: true }).selectOption("london-coordination");
  await page.getByRole("button", { name: "Apply filters" }).click();
  await page.getByText("Selected filters").waitFor();
  await look(page, "audit-filtered", scripted);
  await page.getByRole("link", { name: "A reason for reading was given" }).first().click();
  const seen = await words();
  assert.ok(seen.includes("Eleanor Testwell") && seen.includes("Kept, sealed"), seen);
  assert.ok(!seen.includes("review of Thursday"), "that there is a reason, and not which");
  await look(page, "audit-event", scripted);
  await proved(page, page.getByRole("link", { name: "Download the proof" }));
  await page.getByRole("link", { name: "Eleanor Testwell" }).click();
  await page.getByText("Selected filters").waitFor();
  for (const row of (await rows()).slice(1)) assert.ok(row.includes("Eleanor Testwell"), row);

  // Decisions are there with their rules; counts; files; and nothing of what was said.
  await page.goto(`${demo.portal}/audit?kind=sharing&agency=met-police`);
  await page.getByRole("link", { name: "Information was sent" }).first().click();
  await page.getByRole("heading", { name: "The rules that decided" }).waitFor();
  await look(page, "audit-decision", scripted);
  await page.goto(`${demo.portal}/audit`);
  const [name, file] = await download(page, /Download these events/);
  assert.equal(name, "events.csv");
  assert.ok(file.toString().split("\r\n").length > 30);
  await page.getByRole("link", { name: "Counts by kind and agency" }).click();
  await page.getByRole("table", { name: "By agency" }).getByText("London Police").waitFor();
  await look(page, "audit-counts", scripted);
  const [, counts] = await download(page, /Download for a spreadsheet/);
  assert.ok(counts.includes("Information was sent"));
  for (const said of [SECRET, "Risk note", daniel.name, "whoever houses him", "wears a tag"]) {
    assert.ok(!file.includes(said) && !counts.includes(said), said);
  }
  complaints.length = 0;
  const record = await page.goto(`${demo.portal}/nominals/${daniel.ref}`);
  assert.equal(record.status(), 404, "an auditor opens no record");
  await visit.close();
}

async function housing() {
  const { visit, page, words } = await begin(person("southwark-housing", "practitioner"));
  await page.getByRole("link", { name: "May I share this?" }).click();
  await look(page, "share", scripted);
  await page.getByRole("button", { name: "Ask" }).click();
  const wrong = page.getByRole("alert");
  for (const said of ["Select at least one agency", "Select what kind", "Select why"]) await wrong.getByText(said).waitFor();
  await look(page, "share-error", scripted);
  await page.getByLabel("PNC ID").fill("99/123456A");
  await page.getByLabel("Kind of information").selectOption("LOCATION");
  await page.getByLabel("Why it would be shared").selectOption("HOUSING");
  for (const to of ["London Police", "Southwark Jobcentre"]) await page.getByLabel(`${to} (demo)`).check();
  await page.getByRole("button", { name: "Ask" }).click();
  await wrong.getByRole("link").first().waitFor();
  assert.equal(await page.getByLabel("PNC ID").inputValue(), "99/123456A", "nothing typed is lost");
  await page.getByLabel("PNC ID").fill(daniel.pnc_id);
  const born = page.getByRole("group", { name: "Date of birth" });
  for (const [part, value] of [["Day", "1"], ["Month", "2"], ["Year", "1980"]]) await born.getByLabel(part).fill(value);
  await page.getByRole("button", { name: "Ask" }).click();
  await page.getByRole("heading", { name: "What would happen" }).waitFor();
  const told = await words();
  assert.ok(told.includes("May be shared") && /Needs a decision first|May not be shared/.test(told), told);
  assert.ok(told.includes("Nothing was sent"));
  await look(page, "share-answer", scripted);
  await page.goto(`${demo.portal}/sent`);
  await page.getByText("Your agency has sent nothing here").waitFor();

  // Whom nobody can tell from one identifier: said, and nothing decided.
  await page.goto(`${demo.portal}/may-i-share`);
  await page.getByLabel("Full name").fill("Nobody Known-Test");
  await page.getByLabel("Kind of information").selectOption("LOCATION");
  await page.getByLabel("Why it would be shared").selectOption("HOUSING");
  await page.getByLabel("London Police (demo)").check();
  await page.getByRole("button", { name: "Ask" }).click();
  await page.getByText("Nothing could be decided").waitFor();
  await look(page, "share-unknown", scripted);
  await visit.close();
}

try {
  await clock();
  await housing();
  await coordinator();
  await partner();
  await stranger();
  await auditor();
  assert.deepEqual(found, []);
  console.log("the coordinator's story holds");
} finally {
  await browser.close();
}
