// A meeting asks for a form: the coordinator asks, the prison sees it due and begins it from there,
// is locked out in the middle and loses nothing; its manager countersigns from the queue, its
// security officer releases, the coordinator reads it with how complete it is and notes how the
// meeting used it, and the prison reads that. Then it is withdrawn, and its reader sees that.
//
// usage: node asked_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `asking holds`.
import assert from "node:assert/strict";
import { answer, begin, end, fill, heading, none, press, section, state } from "./form_pages.mjs";
import { agencies, ask, away, browser, clock, code, cookieOf, demo, found, look, person, scripted as script, signIn } from "./portal.mjs";

const PRISON = "hmp-northgate";
const UNIT = "london-coordination";
const nominal = demo.nominals.find((one) => one.custody === PRISON || one.name.startsWith("Oscar"));
const officer = person(PRISON, "practitioner");
const coordinator = person(UNIT, "coordinator");
const date = async (page, legend, parts) => {
  const group = page.getByRole("group", { name: legend });
  for (const [n, part] of ["Day", "Month", "Year"].entries()) await group.getByLabel(part).fill(parts[n]);
};

/** Asked in one step; what is wrong is said at its field. */
async function asking() {
  const visited = await begin(coordinator);
  const { page } = visited;
  await page.getByRole("link", { name: "Coordination", exact: true }).click();
  await page.getByRole("main").getByRole("link", { name: "Forms that are asked for" }).click();
  await heading(page, "Forms that are asked for");
  await page.getByText("No form is asked for.").waitFor();
  await look(page, "asked-none", script);
  await page.getByRole("button", { name: "Ask for a form" }).click();
  await heading(page, "Ask for a form");
  await press(page, "Ask for it");
  await page.getByRole("alert").getByText("Enter the reference of the record").waitFor();
  assert.match(await page.title(), /^Error: /);
  await page.getByLabel("Reference of the person’s record here").fill("0195a000-0000-7000-8000-000000000009");
  await date(page, "When is the meeting?", ["27", "3", "2026"]);
  await press(page, "Ask for it");
  await page.getByRole("alert").getByText("There is no record with this reference in your area").waitFor();
  await look(page, "asked-error", script);
  await page.getByLabel("Reference of the person’s record here").fill(nominal.ref);
  await away(page, coordinator, "Ask for it");
  await look(page, "asked-form", script);
  assert.equal(await page.getByLabel("Reference of the person’s record here").inputValue(), nominal.ref);
  await press(page, "Ask for it");
  await page.getByText("The form is asked for").waitFor();
  await page.getByRole("heading", { name: "Not sent yet" }).waitFor();
  await page.getByText("For the meeting of 27 March 2026").waitFor();
  await look(page, "asked-open", script);
  await end(visited);
  const stranger = await cookieOf(person("southwark-housing", "spoc"));
  for (const path of ["/forms/requests/new", "/forms/used/0195a000-0000-7000-8000-000000000009"]) {
    const theirs = await ask(demo.portal + path, { headers: { cookie: stranger.cookie } });
    assert.equal(theirs.status, 404, path);
  }
}

/** Begun from what is asked: the person and the day of the meeting come with it. */
async function start(page) {
  await page.getByRole("link", { name: "Forms", exact: true }).click();
  await page.getByText("1 waits for your agency").waitFor();
  const word = page.getByRole("link", { name: "Download Annex F as a Word file" });
  const got = await ask(demo.portal + (await word.getAttribute("href")), { headers: { cookie: (await cookieOf(officer)).cookie } });
  assert.equal(got.body.subarray(0, 2).toString(), "PK", "a Word file");
  await page.getByRole("main").getByRole("link", { name: "Forms that are asked for" }).click();
  await page.getByText(`Asked by ${agencies[UNIT].name}`).waitFor();
  assert.match(await page.locator("main").innerText(), /Due [\s\S]*13 March 2026/);
  await look(page, "asked-of-us", script);
  await page.getByRole("link", { name: /^Start this form/ }).click();
  await page.getByText("It is asked for the meeting of 27 March 2026.").waitFor();
  await look(page, "asked-begin", script);
  assert.equal(await page.getByLabel(/Reference of the person/).inputValue(), nominal.ref);
  await press(page, "Start");
  await page.getByText(/\d+ of \d+ sections are complete/).waitFor();
  await section(page, "This report");
  const when = page.getByRole("group", { name: "Date of the meeting" });
  assert.deepEqual([await when.getByLabel("Day").inputValue(), await when.getByLabel("Month").inputValue()], ["27", "3"]);
  await answer(page, "What kind of report is it?", "Review");
  await press(page, "Save and continue");
  assert.match(await state(page, "This report"), /Completed/);
}

/** What has to be answered, and twenty minutes away in the middle of it. */
async function write(page) {
  await fill(page, "The person", { "Family name": "Tindale-Sample", "Given names": "Oscar", "Sex": "Male", "Ethnicity": "White British" });
  await fill(page, "MAPPA", { "MAPPA category": "2, violent or other sexual offender", "MAPPA level": "3", "Lead agency": agencies[nominal.lead_agency].name });
  await fill(page, "Custody", { "Status": "On remand", "Prison": "NGT", "Arrived on": ["3", "1", "2026"], "Security category": "B", "Incentive level": "Standard" });
  await none(page, ["Earlier prisons on this sentence", "There were none"]);
  await section(page, "Offences and sentence");
  await page.getByRole("link", { name: "Offences" }).click();
  await page.getByLabel("Paste rows from a spreadsheet").fill("Wounding\tOAPA 1861 s.20\t5/6/2025");
  await press(page, "Save and continue");
  await section(page, "Behaviour");
  await answer(page, "Summary of behaviour", "Quiet since January.");
  await clock({ advance: "PT20M" });
  await press(page, "Save and continue");
  await page.getByText("You were away for 20 minutes").waitFor();
  await signIn(page, officer);
  await heading(page, "Behaviour");
  assert.equal(await page.getByLabel("Summary of behaviour").inputValue(), "Quiet since January.");
  for (const label of ["Relations with staff", "Relations with other prisoners", "Attitude to the offence"]) await answer(page, label, "Nothing to remark.");
  await press(page, "Save and continue");
  await none(page, ["Adjudications", "There are none"], ["Incidents", "There are none"], ["Segregation and use of force", "There was none"]);
  await fill(page, "Security", { "Escape status": "None", "Summary of intelligence": "He is said to owe money on the wing." });
  await none(page, ["Associates and gangs", "None are known"]);
  await section(page, "Drugs and alcohol");
  await page.getByRole("link", { name: "Drug tests" }).click();
  await page.getByLabel("Paste rows from a spreadsheet").fill("12/2/2026\tRandom\tNegative\t");
  await press(page, "Save and continue");
  await section(page, "Self-harm");
  await page.getByRole("link", { name: "ACCT documents" }).click();
  await none(page, ["ACCT documents", "There are none"]);
  await section(page, "Contacts");
  await page.getByRole("link", { name: "Visitors" }).click();
  await page.getByLabel("Paste rows from a spreadsheet").fill("Ann Placeholder\tMother\tAdult\tLeeds\t1/2/2026\t1/3/2026\t4\t");
  await press(page, "Save and continue");
  await none(page, ["Telephone", "There is none"], ["Letters", "There are none"], ["Attempts to reach a victim", "None are known"]);
  await fill(page, "Public protection measures", {});
  await none(page, ["Restrictions", "There are none"]);
  await fill(page, "Programmes, work and reports", {});
  await none(page, ["Programmes", "There are none"], ["Reports of specialists", "There are none"]);
  await fill(page, "Risk", { "Change since the last report": "The same" });
  await heading(page, "Assessments");
  await page.getByLabel("Paste rows from a spreadsheet").fill("OASys\tSerious harm\tHigh\t1/2/2026\tC Mockridge");
  await press(page, "Save and continue");
  await none(page, ["Temporary releases", "There were none"]);
  await fill(page, "Health", { "What is known about health and risk": "None known" });
  await fill(page, "What protects", { "Support, work, motivation": "His mother, and his work." });
  await section(page, "What the prison recommends");
  await press(page, "Save and continue");
  await none(page, ["Actions asked for, or offered", "There are none"]);
  await fill(page, "Who wrote it", { "Name": "Colin Mockridge", "Role": "Prison offender manager", "Telephone": "020 7946 0999", "Email": "c.mockridge@northgate.example" });
  await page.getByText(/(\d+) of \1 sections are complete/).waitFor();
  await page.getByRole("button", { name: "Check and send" }).click();
  await heading(page, "Check before you send");
  await press(page, "Send");
  if (/sign-in\/again/.test(page.url())) {
    await page.getByLabel("Password", { exact: true }).fill(officer.password);
    await page.getByLabel("One-time code").fill(await code(officer.totp_secret));
    await page.getByRole("button").filter({ hasText: /Continue|Sign in/ }).click();
    await press(page, "Send");
  }
  await page.getByText("It waits for a decision before anybody gets it").waitFor();
  return page.url().match(/messages\/([^?]+)/)[1];
}

/** Read first, then ticked: what was not opened cannot be. */
async function sign(role, button, id) {
  const user = person(PRISON, role);
  const visited = await begin(user);
  const { page } = visited;
  await page.getByRole("link", { name: "Holds", exact: true }).click();
  await page.getByRole("link", { name: "Countersign or release many forms at once" }).click();
  await heading(page, "Forms to countersign or release");
  await page.getByText("Read it before you decide").waitFor();
  assert.equal(await page.getByRole("checkbox").count(), 0);
  assert.match(await page.locator("main").innerText(), /Review\. \d+ of \d+ questions answered/);
  await look(page, `queue-${role}-unread`, script);
  await page.getByRole("link", { name: /^Read it/ }).click();
  await page.waitForURL(`**/holds/${id}`);
  await page.goto(`${demo.portal}/forms/queue`);
  await press(page, button);
  const alert = page.getByRole("alert");
  await alert.getByText("Select the forms that you decide about").waitFor();
  await alert.getByText("Enter your reasons").waitFor();
  await look(page, `queue-${role}-error`, script);
  await page.getByRole("checkbox").check();
  await page.getByLabel("Reasons").fill("Read, and right as far as we know.");
  await away(page, user, button);
  assert.ok(await page.getByRole("checkbox").isChecked());
  assert.equal(await page.getByLabel("Reasons").inputValue(), "Read, and right as far as we know.");
  await look(page, `queue-${role}-ticked`, script);
  await press(page, button);
  await page.getByText("What became of your selection").waitFor();
  await page.getByText("Your decision is recorded").waitFor();
  await page.getByText("No form waits for you.").waitFor();
  await look(page, `queue-${role}-done`, script);
  await end(visited);
}

/** Read with how complete it is; after the meeting, how it was used. */
async function considered(id) {
  const early = await begin(coordinator);
  await early.page.goto(`${demo.portal}/forms/requests`);
  await early.page.getByRole("link", { name: /^Read it/ }).click();
  await heading(early.page, "Annex F");
  const said = await early.page.locator("main").innerText();
  assert.match(said, /How complete it is[\s\S]*Behaviour[\s\S]*\d+ of \d+/);
  assert.ok(said.includes("It says nothing about parts that you cannot see."));
  await look(early.page, "asked-read", script);
  await end(early);
  await clock({ now: "2026-03-27T15:00:00Z" });
  const visited = await begin(coordinator);
  const { page } = visited;
  await page.goto(`${demo.portal}/forms/requests`);
  await page.getByRole("heading", { name: "Sent", exact: true }).waitFor();
  assert.match(await page.locator("main").innerText(), /\d+ of \d+ questions that you can read answered/);
  await look(page, "asked-came", script);
  await page.getByRole("link", { name: /^Note how the meeting used it/ }).click();
  await heading(page, "How did the meeting use this form?");
  await press(page, "Note it");
  await page.getByRole("alert").getByText("Select whether the meeting considered it").waitFor();
  await look(page, "asked-use-error", script);
  await page.getByLabel("Yes", { exact: true }).check();
  await date(page, "When was the meeting?", ["27", "3", "2026"]);
  await page.getByLabel(/What came of it/).fill("The licence follows what it says of his work.");
  await away(page, coordinator, "Note it");
  assert.equal(await page.getByLabel(/What came of it/).inputValue(), "The licence follows what it says of his work.");
  await press(page, "Note it");
  await page.getByText("How the meeting used it is noted").waitFor();
  await page.getByText("The meeting of 27 March 2026 considered it").waitFor();
  await look(page, "asked-used", script);
  await end(visited);
  const prison = await begin(officer);
  await prison.page.goto(`${demo.portal}/forms/requests`);
  await prison.page.getByText("The licence follows what it says of his work.").waitFor();
  await look(prison.page, "asked-used-prison", script);
  await prison.page.goto(`${demo.portal}/sent/${id}`);
  await prison.page.getByRole("heading", { name: "How it was used" }).waitFor();
  await look(prison.page, "asked-own", script);
  return prison;
}

/** Withdrawn, with reasons that its reader is not shown. */
async function withdrawn(prison, id) {
  const { page } = prison;
  const why = "It is about another man of the same name.";
  await page.goto(`${demo.portal}/messages/${id}`);
  await page.getByRole("button", { name: "Withdraw it" }).click();
  await heading(page, "Withdraw this message");
  await press(page, "Withdraw it");
  await page.getByRole("alert").getByText("Enter why you withdraw it").waitFor();
  await look(page, "withdraw-error", script);
  await page.getByLabel("Why do you withdraw it?").fill(why);
  await away(page, officer, "Withdraw it");
  assert.equal(await page.getByLabel("Why do you withdraw it?").inputValue(), why);
  await look(page, "withdraw", script);
  await press(page, "Withdraw it");
  await page.getByText("The message is withdrawn").waitFor();
  await page.getByText(why).waitFor();
  assert.equal(await page.getByRole("button", { name: "Withdraw it" }).count(), 0);
  await look(page, "withdrawn-own", script);
  await page.goto(`${demo.portal}/sent`);
  await page.getByText("Withdrawn", { exact: true }).waitFor();
  await look(page, "withdrawn-sent", script);
  await page.goto(`${demo.portal}/sent/${id}`);
  await page.getByText("Quiet since January.").waitFor();
  await page.goto(`${demo.portal}/forms`);
  await page.getByRole("link", { name: /, withdrawn$/ }).waitFor();
  await look(page, "withdrawn-forms", script);
  await page.goto(`${demo.portal}/forms/annex-f/new`);
  await heading(page, "Start Annex F");
  assert.equal(await page.getByText(", withdrawn").count(), 0, "nothing starts from it");
  await page.evaluate((from) => {
    const form = document.querySelector('form[action$="/new"]');
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "from", value: from }));
  }, id);
  await press(page, "Start");
  await page.getByRole("alert").getByText("The form that you chose was withdrawn").waitFor();
  await page.getByLabel("An empty form").waitFor();
  await look(page, "withdrawn-start", script);
  await end(prison);
  const reader = await begin(coordinator);
  await reader.page.goto(`${demo.portal}/messages/${id}/form`);
  await reader.page.waitForURL(`**/messages/${id}`);
  const said = await reader.page.locator("main").innerText();
  assert.ok(said.includes(`${agencies[PRISON].name} withdrew this on`), said);
  for (const secret of [why, "Quiet since January", officer.name]) assert.ok(!said.includes(secret), secret);
  await look(reader.page, "withdrawn-reader", script);
  await end(reader);
  const spoc = await begin(person(UNIT, "spoc"));
  await spoc.page.goto(`${demo.portal}/notices`);
  await spoc.page.getByText("Something that your agency was sent was withdrawn by its sender.").waitFor();
  await look(spoc.page, "withdrawn-notice", script);
  await spoc.page.getByRole("link", { name: /^Open the message/ }).first().click();
  await spoc.page.getByText("You cannot open it any more.").waitFor();
  await end(spoc);
}

try {
  await asking();
  const visited = await begin(officer);
  await start(visited.page);
  const id = await write(visited.page);
  await end(visited);
  await sign("manager", "Countersign", id);
  await sign("security", "Release", id);
  await withdrawn(await considered(id), id);
  assert.deepEqual(found, []);
  console.log("asking holds");
} finally {
  await browser.close();
}
