// A probation officer sets a hospital flag from the forms, is told in words what does not fit, and finds
// it in the list; the hospital reads it, says that the person came, and whoever set it reads that; the
// flag is renewed, then ended by the coordinator with reasons, and the hospital says that it is cleared.
//
// usage: node flag_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `hospital flags hold`.
import assert from "node:assert/strict";
import { answer, begin, end, fill, heading, press, section } from "./form_pages.mjs";
import { agencies, ask, away, browser, clock, cookieOf, demo, found, look, person, scripted as script } from "./portal.mjs";

const SETS = "london-probation";
const UNIT = "london-coordination";
const trust = demo.agencies.find((one) => one.kind === "health").id;
const nominal = demo.nominals.find((one) => one.level >= 2 && [...one.partners, one.lead_agency].includes(SETS));

/** A day, so many days from the gateway's own, as three parts. */
async function day(after) {
  const on = new Date(Date.parse(await clock()) + after * 86_400_000);
  return [on.getUTCDate(), on.getUTCMonth() + 1, on.getUTCFullYear()].map(String);
}

const address = (page, kind) => page.url().match(new RegExp(`${kind}/([^/?]+)`))[1];
const open = async (page, path) => page.goto(`${demo.portal}${path}`);

/** Sent to the hospital from its check. */
async function send(page, name, pictured) {
  await page.getByRole("button", { name: "Check and send" }).click();
  await heading(page, "Check before you send");
  if (name) assert.ok(await page.getByRole("radio", { name, exact: true }).isChecked(), "the hospital that was chosen first");
  if (pictured) await look(page, pictured, script);
  await press(page, "Send");
  await page.getByText(/Your message is (sent|recorded)/).waitFor();
  return address(page, "messages");
}

/** The flag, section by section; a review too far is said in words. */
async function sets() {
  const visited = await begin(person(SETS, "practitioner"));
  const { page } = visited;
  await page.getByRole("link", { name: "Forms", exact: true }).click();
  await page.getByRole("link", { name: "Hospital flags", exact: true }).click();
  await heading(page, "Hospital flags");
  await look(page, "flags-empty", script);
  await page.getByRole("button", { name: "Set a hospital flag" }).click();
  await heading(page, "Start Hospital flag");
  await page.getByLabel(/Reference of the person/).fill(nominal.ref);
  await press(page, "Start");
  await page.getByRole("link", { name: "Select the hospital that is told" }).waitFor();
  await look(page, "flag-start-wrong", script);
  await page.getByLabel(agencies[trust].name, { exact: true }).check();
  await press(page, "Start");
  await section(page, "The person");
  assert.equal(await page.getByLabel("Full name").inputValue(), nominal.name, "as the record has it");
  await press(page, "Save and continue");
  await fill(page, "What staff need to know", {
    "Whose safety it is for": "Staff of the hospital", "The alert": "May become aggressive when he is kept waiting.",
  });
  await fill(page, "When the person comes", { "What staff do": "Two members of staff see him." });
  await fill(page, "Whom to call back", { "Name and role": "Sam Specimen, offender manager", Telephone: "01632 960001", "When it is answered": "Day and night" });
  await section(page, "The meeting's decision");
  await answer(page, "Day of the meeting that decided it", await day(-3));
  await answer(page, "Day of the review", await day(200));
  await look(page, "flag-section", script);
  await press(page, "Save and continue");
  await page.getByRole("button", { name: "Check and send" }).click();
  await heading(page, "Check before you send");
  await page.getByText(/is more than 6 months away: give .* or a day before it/).first().waitFor();
  await look(page, "flag-check-wrong", script);
  await page.getByRole("link", { name: "Back to all sections" }).click();
  await fill(page, "The meeting's decision", { "Day of the review": await day(90) });
  const id = await send(page, agencies[trust].name, "flag-check");
  await page.getByRole("button", { name: "See the hospital flag" }).click();
  await heading(page, "A hospital flag");
  await look(page, "flag-set", script);
  await end(visited);
  return id;
}

/** The hospital reads it, and says that he came. */
async function comes(flag) {
  const visited = await begin(person(trust, "spoc"));
  const { page } = visited;
  await open(page, `/forms/hospital-attendance/new`);
  assert.equal(page.url(), `${demo.portal}/forms`, "without a flag there is nothing to say");
  await open(page, "/hospital-flags");
  await page.getByRole("link", { name: /^Flag of / }).click();
  await heading(page, "A hospital flag");
  await page.getByRole("link", { name: "Read what the hospital is told" }).click();
  await page.getByText("May become aggressive when he is kept waiting.").first().waitFor();
  assert.ok((await page.locator("main").innerText()).includes("01632 960001"));
  await look(page, "flag-read", script);
  await open(page, `/hospital-flags/${flag}`);
  await look(page, "flag-at-hospital", script);
  assert.equal(await page.getByRole("button", { name: "End the flag" }).count(), 0, "it is not theirs to end");
  await page.getByRole("button", { name: "Say that the person came" }).click();
  await heading(page, "Start Attendance at a hospital");
  await page.getByText("It goes to whoever set the hospital flag").waitFor();
  await press(page, "Start");
  await fill(page, "Who came, when and where", {
    "Who came": "The person", Day: await day(0), Time: "14:30", "Ward or department": "Emergency department", "Are they there still?": "Yes",
  });
  await fill(page, "Whom to call", { "Name and role": "Sister R. Example", Telephone: "01632 960003" });
  const id = await send(page, null, "flag-attendance-check");
  await end(visited);
  return id;
}

/** Read by whoever set it, from the notice. */
async function reads() {
  const visited = await begin(person(SETS, "practitioner"));
  const { page } = visited;
  await open(page, "/notices");
  await page.getByText("A hospital says that a person came of whom a flag is set there.").first().waitFor();
  await page.getByRole("link", { name: /See the hospital flag/ }).first().click();
  await heading(page, "A hospital flag");
  await page.getByRole("heading", { name: /said that the person came/ }).waitFor();
  await look(page, "flag-attended", script);
  await page.getByRole("link", { name: "Read what the hospital said" }).click();
  await page.getByRole("button", { name: "Read the form" }).click();
  await page.getByText("Emergency department").first().waitFor();
  await end(visited);
}

/** Renewed from its page: what it said is filled in. */
async function renews(flag) {
  const visited = await begin(person(SETS, "practitioner"));
  const { page } = visited;
  await open(page, `/hospital-flags/${flag}`);
  await page.getByRole("button", { name: "Renew the flag" }).click();
  await heading(page, "Start Hospital flag");
  await look(page, "flag-renew", script);
  await press(page, "Start");
  await fill(page, "The meeting's decision", { "Day of the meeting that decided it": await day(0), "Day of the review": await day(120) });
  const id = await send(page);
  await open(page, "/hospital-flags");
  await page.getByText("Renewed by another").waitFor();
  await look(page, "flags", script);
  await end(visited);
  return id;
}

/** Ended by the coordinator, with reasons and not without. */
async function ends(flag) {
  const user = person(UNIT, "coordinator");
  const visited = await begin(user);
  const { page } = visited;
  await open(page, `/hospital-flags/${flag}`);
  await press(page, "End the flag");
  await page.getByRole("alert").getByText("Enter why you end it").waitFor();
  assert.match(await page.title(), /^Error: /);
  await look(page, "flag-end-error", script);
  await page.getByLabel("Why do you end it?").fill("The meeting decided that it is not needed.");
  await away(page, user, "End the flag");
  assert.equal(await page.getByLabel("Why do you end it?").inputValue(), "The meeting decided that it is not needed.");
  await press(page, "End the flag");
  await page.getByText("The flag is over.").first().waitFor();
  await page.getByText("The meeting decided that it is not needed.").waitFor();
  await look(page, "flag-ended", script);
  await end(visited);
}

/** Cleared by the hospital, which learns that it is over and not why. */
async function clears(flag) {
  const visited = await begin(person(trust, "spoc"));
  const { page } = visited;
  await open(page, "/notices");
  await page.getByText("A hospital flag is over. Clear it from your own systems").first().waitFor();
  await page.getByRole("link", { name: /See the hospital flag/ }).first().click();
  await heading(page, "A hospital flag");
  assert.ok(!(await page.locator("main").innerText()).includes("not needed"));
  await look(page, "flag-to-clear", script);
  await press(page, "It is cleared from our systems");
  await page.getByText("You said that the flag is cleared").waitFor();
  await look(page, "flag-cleared", script);
  await open(page, `/messages/${flag}/form`);
  assert.ok(!(await page.locator("main").innerText()).includes("aggressive"), "nobody opens it any more");
  await end(visited);
}

try {
  const flag = await sets();
  await comes(flag);
  await reads();
  const second = await renews(flag);
  await ends(second);
  await clears(second);
  const { cookie } = await cookieOf(person("southwark-housing", "spoc"));
  const theirs = await ask(`${demo.portal}/hospital-flags/${flag}`, { headers: { cookie } });
  assert.equal(theirs.status, 404, "to others it is not there");
  assert.deepEqual(found, []);
  console.log("hospital flags hold");
} finally {
  await browser.close();
}
