// A prison officer fills in a form: begun for a record, kept over a lock, tables pasted and typed,
// checked, sent once. The prison's manager countersigns, its security officer releases, the
// coordinator reads it as one form; and the next one is begun from it.
//
// usage: node forms_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `forms hold`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { answer, begin, end, fill, heading, none, press, section, state } from "./form_pages.mjs";
import { agencies, ask, away, browser, clock, code, cookieOf, demo, found, look, person, scripted as script, signIn } from "./portal.mjs";

const PRISON = "hmp-northgate";
const UNIT = "london-coordination";
const nominal = demo.nominals.find((one) => one.custody === PRISON || one.name.startsWith("Oscar"));
const officer = person(PRISON, "practitioner");

/** The words of the form's PDF, as it is downloaded from its page. */
async function printed(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /^Download as PDF/ }).click()]);
  assert.equal(download.suggestedFilename(), "annex-f.pdf");
  const words = execFileSync("pdftotext", ["-raw", "-enc", "UTF-8", await download.path(), "-"], { encoding: "utf8" });
  return words.replace(/\s+/g, " ");
}

/** Who writes no forms is not led to them. */
async function elsewhere() {
  const visited = await begin(person("southwark-housing", "spoc"));
  const { page } = visited;
  assert.equal(await page.getByRole("link", { name: "Forms", exact: true }).count(), 0);
  await page.goto(`${demo.portal}/forms`);
  await page.getByText("Your agency writes none of the forms").waitFor();
  await look(page, "forms-none", script);
  await page.goto(`${demo.portal}/forms/annex-f/new`);
  assert.equal(page.url(), `${demo.portal}/forms`);
  const absent = await page.goto(`${demo.portal}/forms/no-such-form/new`);
  assert.equal(absent.status(), 404);
  await end(visited);
}

/** Begun for a record: what the record says of him is filled in. */
async function start(page) {
  await page.getByRole("link", { name: "Forms", exact: true }).click();
  await heading(page, "Forms");
  await look(page, "forms", script);
  await page.getByRole("button", { name: "Start Annex F" }).click();
  await heading(page, "Start Annex F");
  await look(page, "form-start", script);
  await page.getByLabel(/Reference of the person/).fill("0195a000-0000-7000-8000-000000000009");
  await away(page, officer, "Start");
  assert.equal(await page.getByLabel(/Reference of the person/).inputValue(), "0195a000-0000-7000-8000-000000000009");
  await press(page, "Start");
  await page.getByRole("alert").getByText("There is no record with this reference that you may open").waitFor();
  assert.match(await page.title(), /^Error: /);
  await look(page, "form-start-error", script);
  await page.getByLabel(/Reference of the person/).fill(nominal.ref);
  await press(page, "Start");
  await page.getByText(/\d+ of \d+ sections are complete/).waitFor();
  await look(page, "form-tasks", script);
  await section(page, "The person");
  assert.equal(await page.getByLabel("Prison number").inputValue(), nominal.prison_number);
  const [year] = nominal.date_of_birth.split("-");
  assert.equal(await page.getByLabel("Year").inputValue(), year);
  await page.getByRole("link", { name: "Back to all sections" }).click();
  return page.url().match(/draft\/([^/?]+)/)[1];
}

/** By the keyboard alone; a wrong date is said at its field, and kept as it was typed. */
async function header(page) {
  await section(page, "This report");
  await look(page, "form-section", script);
  await page.getByLabel("Review", { exact: true }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  for (const part of ["31", "2", "2026"]) {
    await page.keyboard.type(part);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type("M-17");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("enter a real date").waitFor();
  assert.match(await page.title(), /^Error: /);
  assert.equal(await page.getByLabel("Reference of the meeting").inputValue(), "M-17");
  await look(page, "form-section-error", script);
  await page.getByRole("link", { name: "Back to all sections" }).click();
  assert.match(await state(page, "This report"), /There is a problem/);
  await look(page, "form-tasks-problem", script);
  await section(page, "This report");
  const when = page.getByRole("group", { name: "Date of the meeting" });
  assert.equal(await when.getByLabel("Day").inputValue(), "31");
  await when.getByLabel("Day").fill("27");
  await when.getByLabel("Month").fill("3");
  await press(page, "Save and continue");
  assert.match(await state(page, "This report"), /Completed/);
}

/** Twenty minutes in the middle of a long text: not a word is lost. */
async function lock(page) {
  await section(page, "Behaviour");
  const words = `He has been quiet.\n${"He works in the kitchen and keeps to himself. ".repeat(60)}`;
  await page.getByLabel("Summary of behaviour").fill(words);
  if (script) await page.getByText(/^Draft saved at/).waitFor();
  await page.getByLabel("Relations with staff").fill("Polite since May.");
  await clock({ advance: "PT20M" });
  await press(page, "Save and continue");
  await page.getByText("You were away for 20 minutes").waitFor();
  assert.ok(!(await page.content()).includes("Polite since May"), "nothing is shown before he signs in");
  await signIn(page, officer);
  await heading(page, "Behaviour");
  assert.equal(await page.getByLabel("Summary of behaviour").inputValue(), words);
  assert.equal(await page.getByLabel("Relations with staff").inputValue(), "Polite since May.");
  await answer(page, "Relations with other prisoners", "Keeps to himself.");
  await answer(page, "Attitude to the offence", "Says that it was an accident.");
  await press(page, "Save and continue");
}

/** A table: pasted with errors that name line and column, mended in place, changed row by row. */
async function adjudications(page, draft) {
  await heading(page, "Adjudications");
  await look(page, "form-table-empty", script);
  const pasted = "Date\tPrison\tRule\tWhat for\tFinding\tPunishment\n3/1/2026\tNGT\t51:1A (24)\tFight\tProved\tCaution; Payback\n31/2/2026\tNGT\t\tSwearing\tGuilty\t\n";
  await page.getByLabel("Paste rows from a spreadsheet").fill(pasted);
  await press(page, "Add these rows");
  const alert = page.getByRole("alert");
  await alert.getByText("Line 3, Date: enter a real date").waitFor();
  await alert.getByText(/Line 3, Finding: choose one of/).waitFor();
  assert.equal((await page.getByLabel("Paste rows from a spreadsheet").inputValue()).trim(), pasted.trim(), "what was pasted is still there");
  await look(page, "form-table-error", script);
  await page.getByLabel("Paste rows from a spreadsheet").fill(pasted.replace("31/2/2026", "1/2/2026").replace("Guilty", "dismissed"));
  await press(page, "Add these rows");
  await page.getByRole("row", { name: /1 February 2026 NGT Swearing Dismissed/ }).or(page.getByRole("row", { name: /Swearing/ })).waitFor();
  assert.equal(await page.getByRole("row").count(), 3);
  assert.equal(await page.getByLabel("Paste rows from a spreadsheet").inputValue(), "");
  await look(page, "form-table", script);
  // A row by hand, with a mistake in it.
  await press(page, "Add a row");
  await heading(page, "Add a row");
  await look(page, "form-row", script);
  await press(page, "Save and continue");
  await page.getByRole("alert").getByText("fill in the row, or go back").waitFor();
  await answer(page, "Date", ["2", "3", "2026"]);
  await answer(page, "Prison", "Northgate");
  await answer(page, "What for", "Damage to a cell");
  await answer(page, "Finding", "Proved");
  await page.getByLabel("Loss of privileges").check();
  await press(page, "Save and continue");
  await page.getByRole("alert").getByText("Prison: enter the prison's code").waitFor();
  await look(page, "form-row-error", script);
  await page.getByRole("link", { name: "Back to adjudications" }).click();
  await page.getByRole("alert").getByText("Row 3: check Prison").waitFor();
  await look(page, "form-table-problem", script);
  await page.getByRole("link", { name: "Change row 3" }).click();
  await answer(page, "Prison", "NGT");
  await press(page, "Save and continue");
  await heading(page, "Adjudications");
  await page.getByRole("row", { name: /Damage to a cell/ }).waitFor();
  await page.getByRole("button", { name: "Remove row 2" }).click();
  await page.getByRole("row", { name: /Swearing/ }).waitFor({ state: "detached" });
  assert.equal(await page.getByRole("row").count(), 3);
  await press(page, "Save and continue");
  await none(page, ["Incidents", "There are none"], ["Segregation and use of force", "There was none"]);
  assert.match(await state(page, "Behaviour"), /Completed/);
  assert.ok(page.url().endsWith(draft));
}

/** A file of a spreadsheet. */
async function tests(page) {
  await section(page, "Drugs and alcohol");
  await answer(page, "Treatment", "Twelve steps, finished in May.");
  await press(page, "Save and continue");
  await heading(page, "Drug tests");
  const buffer = Buffer.from("Result,Kind,Date,Substance\r\nNegative,Random,12/2/2026,\r\nPositive,\"On suspicion\",1/3/2026,\"Cannabis, \"\"skunk\"\"\"\r\n");
  const file = (buffer) => page.getByLabel("Or choose a CSV file").setInputFiles([{ name: "tests.csv", mimeType: "text/csv", buffer }]);
  await file(Buffer.from("PK\x03\x04xl/workbook.xml", "latin1"));
  await press(page, "Save and continue");
  await page.getByRole("alert").getByText("This is a workbook, and not a CSV file").waitFor();
  await look(page, "form-table-workbook", script);
  // Pasted rows and a file at once: neither is taken, and neither is lost.
  const pasted = page.getByLabel("Paste rows from a spreadsheet");
  const filed = page.getByLabel("Rows from the file that you chose");
  await pasted.fill("13/2/2026\tRandom\tNegative\t\n");
  await file(buffer);
  await press(page, "Save and continue");
  await page.getByRole("alert").getByText("You pasted rows and chose a file, and none of them was added").waitFor();
  assert.match(await pasted.inputValue(), /13\/2\/2026/);
  assert.match(await filed.inputValue(), /Cannabis/);
  assert.equal(await page.getByRole("row").count(), 0);
  await look(page, "form-table-both", script);
  await page.goto(page.url());
  assert.match(await pasted.inputValue(), /13\/2\/2026/, "kept with the draft");
  // What was brought and not added is not left out unseen.
  const table = page.url();
  await page.goto(table.replace(/\/forms\/draft\/([^/]+)\/.*/, "/forms/draft/$1/check"));
  await page.getByText("rows that you pasted or chose are not in the table yet").waitFor();
  assert.equal(await page.getByRole("button", { name: "Send" }).count(), 0);
  await page.goto(table);
  await pasted.fill("");
  // The file again, put right: it takes the place of the one before.
  await file(buffer);
  await press(page, "Save and continue");
  assert.match(await state(page, "Drugs and alcohol"), /Completed/);
  await section(page, "Drugs and alcohol");
  await page.getByRole("link", { name: "Drug tests" }).click();
  await page.getByRole("row", { name: /1 March 2026 On suspicion Positive Cannabis, "skunk"/ }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "Back to all sections" }).click();
}

/** What was written in a section that is asked no more is said, and taken out in one step. */
async function unasked(page) {
  await fill(page, "Release", { "Area of the address": "Leeds" });
  await fill(page, "This report", { "What kind of report is it?": "Emergency" });
  assert.match(await state(page, "Release"), /There is a problem/);
  await section(page, "Release");
  await page.getByRole("alert").getByText("“Release” is asked only where").waitFor();
  await look(page, "form-section-unasked", script);
  await press(page, "Take out all that is written here");
  await page.getByText(/sections are complete/).waitFor();
  assert.equal(await page.getByRole("main").getByRole("link", { name: "Release", exact: true }).count(), 0);
  await fill(page, "This report", { "What kind of report is it?": "Review" });
}

/** A long table comes in pages, and nothing typed is lost between them. */
async function long(page) {
  await section(page, "Drugs and alcohol");
  await page.getByRole("link", { name: "Drug tests" }).click();
  // Windows writes a letter in one byte, and does not say so.
  const many = `Date,Kind,Result,Substance\r\n${"12/2/2026,Random,Negative,Caf\xe9\r\n".repeat(118)}`;
  await page.getByLabel("Or choose a CSV file").setInputFiles([{ name: "tests.csv", mimeType: "text/csv", buffer: Buffer.from(many, "latin1") }]);
  await press(page, "Add these rows");
  await page.getByText("was read as Windows text").waitFor();
  await page.getByText("Rows 101 to 120 of 120").waitFor();
  assert.equal(await page.getByRole("row", { name: /Café/ }).count(), 20);
  await look(page, "form-table-pages", script);
  await page.getByLabel("Paste rows from a spreadsheet").fill("half,a,row");
  await press(page, "Previous rows");
  await page.getByText("Rows 51 to 100 of 120").waitFor();
  assert.equal((await page.getByLabel("Paste rows from a spreadsheet").inputValue()).trim(), "half,a,row");
  await page.getByRole("link", { name: "Change row 60", exact: true }).click();
  await page.getByRole("link", { name: "Back to drug tests" }).click();
  await page.getByText("Rows 51 to 100 of 120").waitFor();
  await page.getByLabel("Paste rows from a spreadsheet").fill("");
  await page.getByRole("button", { name: "Remove row 60", exact: true }).click();
  await page.getByText("Rows 51 to 100 of 119").waitFor();
  await page.goto(page.url().replace(/(draft\/[^/]+).*/, "$1"));
}

async function rest(page) {
  await fill(page, "The person", { "Family name": "Tindale-Sample", "Given names": "Oscar", "Sex": "Male", "Ethnicity": "White British", "Other names": "Ozzy\nOz" });
  await fill(page, "MAPPA", { "MAPPA category": "2, violent or other sexual offender", "MAPPA level": "3", "Lead agency": agencies[nominal.lead_agency].name });
  await fill(page, "Custody", { "Status": "On remand", "Prison": "NGT", "Arrived on": ["3", "1", "2026"], "Security category": "B", "Incentive level": "Standard" });
  await none(page, ["Earlier prisons on this sentence", "There were none"]);
  await unasked(page);
  // On remand there is no sentence: it is not asked for.
  await section(page, "Offences and sentence");
  assert.equal(await page.getByLabel("Length").count(), 0);
  await page.getByRole("link", { name: "Offences" }).click();
  await page.getByLabel("Paste rows from a spreadsheet").fill("Wounding\tOAPA 1861 s.20\t5/6/2025");
  await press(page, "Save and continue");
  await fill(page, "Security", { "Escape status": "None", "Summary of intelligence": "He is said to owe money on the wing." });
  await none(page, ["Associates and gangs", "None are known"]);
  await section(page, "Self-harm");
  await page.getByRole("link", { name: "ACCT documents" }).click();
  await none(page, ["ACCT documents", "There are none"]);
  await section(page, "Contacts");
  await look(page, "form-section-tables", script);
  await page.getByRole("link", { name: "Visitors" }).click();
  await heading(page, "Visitors");
  await page.getByLabel("Paste rows from a spreadsheet").fill("Ann Placeholder\tMother\tAdult\tLeeds\t1/2/2026\t1/3/2026\t4\t");
  await press(page, "Add these rows");
  await page.getByRole("row", { name: /Ann Placeholder/ }).waitFor();
  await look(page, "form-table-wide", script);
  await press(page, "Save and continue");
  await none(page, ["Telephone", "There is none"], ["Letters", "There are none"], ["Attempts to reach a victim", "None are known"]);
  await fill(page, "Public protection measures", {});
  await none(page, ["Restrictions", "There are none"]);
  await fill(page, "Programmes, work and reports", { "Work and education": "Kitchen, five days a week." });
  await none(page, ["Programmes", "There are none"], ["Reports of specialists", "There are none"]);
  await fill(page, "Risk", { "Change since the last report": "The same" });
  await heading(page, "Assessments");
  await page.getByLabel("Paste rows from a spreadsheet").fill("OASys\tSerious harm\tHigh\t1/2/2026\tC Mockridge");
  await press(page, "Save and continue");
  await none(page, ["Temporary releases", "There were none"]);
  // What is asked for only with one of the answers of the same page says so.
  await section(page, "Health");
  await page.getByText("Only if you chose “A summary is given”").waitFor();
  await answer(page, "What is known about health and risk", "A summary is given");
  await press(page, "Save and continue");
  assert.match(await state(page, "Health"), /To answer yet: Summary, as far as it matters for risk Incomplete/);
  await look(page, "form-tasks-part", script);
  await page.getByRole("button", { name: "See what is missing" }).click();
  await page.getByRole("link", { name: /^Health, Summary, as far as it matters for risk/ }).click();
  await answer(page, "Summary, as far as it matters for risk", "He takes his medicine.");
  await press(page, "Save and continue");
  await fill(page, "What protects", { "Support, work, motivation": "His mother, and his work." });
  await section(page, "What the prison recommends");
  await press(page, "Save and continue");
  await none(page, ["Actions asked for, or offered", "There are none"]);
}

/** Saved and left; found again on another machine and among the drafts. */
async function later(page, draft) {
  await section(page, "Who wrote it");
  await answer(page, "Name", "Colin Mockridge");
  await press(page, "Save and return later");
  await page.getByText("Your draft is saved").waitFor();
  await look(page, "forms-drafts", script);
  const { visit, page: there } = await begin(officer);
  await there.goto(`${demo.portal}/drafts`);
  await there.getByRole("link", { name: "Annex F: Tindale-Sample, Oscar" }).click();
  await there.waitForURL(`**/forms/draft/${draft}`);
  await there.goto(`${demo.portal}/drafts/${draft}`);
  assert.ok(there.url().endsWith(`/forms/draft/${draft}`));
  // Two windows on two pages do not disturb each other.
  await page.goto(`${demo.portal}/forms/draft/${draft}/author`);
  await there.goto(`${demo.portal}/forms/draft/${draft}/protective`);
  await answer(there, "Support, work, motivation", "His mother, his sister, and his work.");
  await press(there, "Save and continue");
  await there.getByText(/sections are complete/).waitFor();
  for (const [label, value] of [["Role", "Prison offender manager"], ["Telephone", "020 7946 0999"], ["Email", "c.mockridge@northgate.example"]]) await answer(page, label, value);
  await press(page, "Save and continue");
  await page.getByText(/(\d+) of \1 sections are complete/).waitFor();
  await look(page, "form-tasks-complete", script);
  // Two windows on one page: neither loses a word.
  await there.goto(`${demo.portal}/forms/draft/${draft}/author`);
  await page.goto(`${demo.portal}/forms/draft/${draft}/author`);
  await answer(there, "Role", "Head of the unit");
  await press(there, "Save and continue");
  await there.getByText(/sections are complete/).waitFor();
  await answer(page, "Role", "Offender supervisor");
  await press(page, "Save and continue");
  await page.getByText("was changed in another window").or(page.getByText(/sections are complete/)).first().waitFor();
  await page.goto(`${demo.portal}/forms`);
  assert.equal(await page.getByRole("link", { name: "Annex F: Tindale-Sample, Oscar" }).count(), 2);
  const other = page.locator("li").filter({ has: page.getByRole("link", { name: "Annex F: Tindale-Sample, Oscar" }) });
  const hrefs = await other.getByRole("link").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  await other.nth(hrefs.findIndex((one) => !one.endsWith(draft))).getByRole("button", { name: "Delete" }).click();
  await visit.close();
  // Nobody else's: not even a colleague's.
  const stranger = await cookieOf(person(PRISON, "manager"));
  for (const path of ["", "/check", "/form.pdf", "/custody", "/custody/previous", "/custody/previous/new"]) {
    const theirs = await ask(`${demo.portal}/forms/draft/${draft}${path}`, { headers: { cookie: stranger.cookie } });
    assert.equal(theirs.status, 404, path);
  }
}

/** Checked; an emergency without its statement is none; sent once, by who has just proved who he is. */
async function send(page, draft) {
  await page.goto(`${demo.portal}/forms/draft/${draft}`);
  await page.getByRole("button", { name: "Check and send" }).click();
  await heading(page, "Check before you send");
  const said = await page.locator("main").innerText();
  for (const words of ["Fight", "Caution", "There are none", "He is said to owe money", "27 March 2026", "On remand", agencies[UNIT].name, "Will wait for a decision:",
                       `The manager of ${agencies[PRISON].name} decides.`, `The security officer of ${agencies[PRISON].name} decides.`]) {
    assert.ok(said.includes(words), `${words} is not in: ${said}`);
  }
  await look(page, "form-check", script);
  await page.getByLabel("Serious harm is imminent: share it at once").check();
  await press(page, "Update what each will get");
  await page.getByRole("alert").getByText("Say what is about to happen, and to whom").waitFor();
  await look(page, "form-check-error", script);
  await page.getByLabel(/If it is an emergency/).fill("He is to be freed today by mistake.");
  await press(page, "Update what each will get");
  await page.getByText("Will get:").first().waitFor();
  await look(page, "form-check-emergency", script);
  await page.getByLabel("Serious harm is imminent: share it at once").uncheck();
  await press(page, "Update what each will get");
  await page.getByText("Will wait for a decision:").first().waitFor();
  await clock({ advance: "PT6M" });
  await press(page, "Send");
  await page.waitForURL(/sign-in\/again/);
  await page.getByLabel("Password", { exact: true }).fill(officer.password);
  await page.getByLabel("One-time code").fill(await code(officer.totp_secret));
  await page.getByRole("button").filter({ hasText: /Continue|Sign in/ }).click();
  await heading(page, "Check before you send");
  const check = page.url();
  await page.getByRole("button", { name: "Send", exact: true }).dblclick();
  await page.getByText("It waits for a decision before anybody gets it").waitFor();
  await look(page, "form-sent", script);
  const id = page.url().match(/messages\/([^?]+)/)[1];
  await page.goto(check);
  assert.ok(page.url().includes(id), "what was sent is not sent again");
  await page.getByRole("button", { name: "Read what you sent" }).click();
  await page.getByText("He is said to owe money on the wing.").waitFor();
  await page.getByRole("row", { name: /Fight/ }).waitFor();
  await look(page, "form-own", script);
  const own = await printed(page);
  for (const words of ["He is said to owe money on the wing.", "Caution; Loss", "Fight"]) assert.ok(own.includes(words.split(";")[0]), `${words} is not in: ${own}`);
  return id;
}

/** Countersigned and released by those who may: several parts at once, read as they are written. */
async function decide(role, id, words) {
  const user = person(PRISON, role);
  const visited = await begin(user);
  const { page } = visited;
  await page.goto(`${demo.portal}/holds/${id}`);
  const said = await page.locator("main").innerText();
  for (const one of words) assert.ok(said.includes(one), `${one} is not in: ${said}`);
  assert.ok(!said.includes('"answers"'), "no JSON");
  await look(page, `form-hold-${role}`, script);
  await page.getByLabel("Reasons").fill("It is right as far as we know.");
  await press(page, "Approve");
  await page.getByText("Your approval is recorded").waitFor();
  await look(page, `form-hold-${role}-done`, script);
  await end(visited);
}

/** The coordinator has it as one form; the police have what they may. */
async function reading(id) {
  const coordinator = await begin(person(UNIT, "coordinator"));
  const { page } = coordinator;
  await page.goto(`${demo.portal}/messages/${id}`);
  await look(page, "form-message", script);
  assert.ok(!(await page.content()).includes("&quot;answers&quot;"), "no JSON");
  await page.getByRole("button", { name: "Read the form" }).click();
  await heading(page, "Annex F");
  const said = await page.locator("main").innerText();
  for (const one of ["Damage to a cell", "He works in the kitchen", "Positive", "27 March 2026", agencies[nominal.lead_agency].name]) assert.ok(said.includes(one), `${one} is not in: ${said}`);
  await look(page, "form-read", script);
  const pdf = await printed(page);
  for (const one of ["OFFICIAL-SENSITIVE", "Damage to a cell", "What you must do", "Page 1 of", agencies[PRISON].name, nominal.ref]) assert.ok(pdf.includes(one), `${one} is not in: ${pdf}`);
  assert.ok(!pdf.includes("He is said to owe money"), "intelligence is not taken away");
  await page.emulateMedia({ media: "print" });
  assert.ok(await page.locator(".portal-print--top").isVisible());
  assert.equal(await page.locator(".portal-print--top").innerText(), "OFFICIAL-SENSITIVE");
  await end(coordinator);
  const stranger = await cookieOf(person("southwark-housing", "spoc"));
  for (const path of [`/messages/${id}/form`, `/sent/${id}`, `/messages/${id}/form.pdf`, `/sent/${id}/form.pdf`]) {
    const theirs = await ask(demo.portal + path, { headers: { cookie: stranger.cookie } });
    assert.equal(theirs.status, 404, path);
  }
}

/** The next one begins from the last. */
async function again(page) {
  await page.goto(`${demo.portal}/forms`);
  await look(page, "forms-sent", script);
  await page.getByRole("button", { name: "Start Annex F" }).click();
  await page.getByLabel(new RegExp(`${nominal.name}.*, sent`)).check();
  await look(page, "form-start-from", script);
  await press(page, "Start");
  await page.getByText(/Begun from the one sent on/).waitFor();
  assert.match(await state(page, "What protects"), /As before/);
  await section(page, "What protects");
  await answer(page, "Support, work, motivation", "His mother has died.");
  await press(page, "Save and continue");
  assert.match(await state(page, "What protects"), /Changed/);
  assert.match(await state(page, "Behaviour"), /As before/);
  await look(page, "form-tasks-again", script);
  await long(page);
  await page.getByRole("button", { name: /^Delete this draft/ }).click();
  await heading(page, "Drafts");
}

/** Another form, which came by its file alone, has the same pages. */
async function another() {
  const visited = await begin(person("met-police", "practitioner"));
  const { page } = visited;
  await page.goto(`${demo.portal}/forms`);
  assert.equal(await page.getByRole("button", { name: "Start Annex F" }).count(), 0, "the police do not write it");
  await page.getByRole("button", { name: "Start MAPPA A" }).click();
  await press(page, "Start");
  await page.getByText(/\d+ of \d+ sections are complete/).waitFor();
  await look(page, "form-other-tasks", script);
  await section(page, "This referral");
  await look(page, "form-other-section", script);
  await page.getByLabel("Level 3", { exact: true }).check();
  await press(page, "Save and continue");
  assert.match(await state(page, "This referral"), /Incomplete|Completed/);
  await end(visited);
}

try {
  await elsewhere();
  await another();
  const visited = await begin(officer);
  const { page } = visited;
  const draft = await start(page);
  await header(page);
  await lock(page);
  await adjudications(page, draft);
  await tests(page);
  await rest(page);
  await later(page, draft);
  const id = await send(page, draft);
  await decide("manager", id, ["Fight", "He works in the kitchen", "Mother"]);
  await decide("security", id, ["He is said to owe money on the wing."]);
  await reading(id);
  await page.goto(`${demo.portal}/sign-in`);
  const fresh = await begin(officer);
  await again(fresh.page);
  await end(fresh);
  await end(visited);
  assert.deepEqual(found, []);
  console.log("forms hold");
} finally {
  await browser.close();
}
