// A probation officer asks a trust for health information; the trust's single point of contact is
// led from the request to its answer, sees who reads it, and sends it; the officer reads it, and what
// is clinical waits for the Caldicott guardian. A refusal gives its reason.
//
// usage: node health_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `health requests hold`.
import assert from "node:assert/strict";
import { answer, begin, end, fill, heading, press, section, state } from "./form_pages.mjs";
import { fillRequest } from "./health_forms.mjs";
import { agencies, browser, demo, found, look, person, scripted as script } from "./portal.mjs";

const ASKS = "london-probation";
const trust = demo.agencies.find((one) => one.kind === "mental-health-trust").id;
const nominal = demo.nominals.find((one) => one.level >= 2 && one.partners.includes(trust) && [...one.partners, one.lead_agency].includes(ASKS));

/** The request, section by section. */
async function asks() {
  const visited = await begin(person(ASKS, "practitioner"));
  const { page } = visited;
  await page.getByRole("link", { name: "Forms", exact: true }).click();
  await press(page, "Start Health information request");
  await page.getByLabel(/Reference of the person/).fill(nominal.ref);
  await press(page, "Start");
  await page.getByText(/\d+ of \d+ sections are complete/).waitFor();
  await fillRequest(page, nominal, ["Engagement and attendance"]);
  await page.getByRole("button", { name: "Check and send" }).click();
  await heading(page, "Check before you send");
  await page.getByRole("heading", { name: agencies[trust].name }).waitFor();
  await look(page, "health-request-check", script);
  await press(page, "Send");
  await page.getByText("Your message is sent").waitFor();
  const id = page.url().match(/messages\/([^/?]+)/)[1];
  await end(visited);
  return id;
}

/** Led from the request to its answer. */
async function answers(request, what) {
  const visited = await begin(person(trust, "spoc"));
  const { page } = visited;
  await page.goto(`${demo.portal}/forms`);
  await page.getByText("Start it from the message that asks for it").waitFor();
  await page.goto(`${demo.portal}/forms/health-response/new`);
  assert.equal(page.url(), `${demo.portal}/forms`, "without a request there is nothing to answer");
  await page.goto(`${demo.portal}/messages/${request}`);
  await look(page, "health-request-message", script);
  await page.getByRole("button", { name: "Answer this request" }).click();
  await heading(page, "Start Answer to a health information request");
  await page.getByText("It answers the request that your agency was sent").waitFor();
  await look(page, "health-response-start", script);
  await press(page, "Start");
  await what(page);
  await page.getByRole("button", { name: "Check and send" }).click();
  await heading(page, "Check before you send");
  await page.getByRole("heading", { name: agencies[ASKS].name }).waitFor();
  await look(page, "health-response-check", script);
  await press(page, "Send");
  await page.getByText(/Your message is (sent|recorded)/).waitFor();
  const id = page.url().match(/messages\/([^/?]+)/)[1];
  await page.goto(`${demo.portal}/messages/${request}`);
  assert.equal(await page.getByRole("button", { name: "Answer this request" }).count(), 0, "it is answered");
  await end(visited);
  return id;
}

async function inFull(page) {
  await fill(page, "What became of the request", { Outcome: "Answered in full", "Answered by": "The single point of contact" });
  await fill(page, "On what it is shared", { "The clinician": "Dr A. Example", "The person's consent": "Asked for, and given" });
  await fill(page, "What bears on risk", { "Engagement and attendance": "Missed three, came to the fourth." });
  assert.match(await state(page, "What bears on risk"), /Completed/);
}

async function refused(page) {
  await section(page, "What became of the request");
  await answer(page, "Outcome", "Refused");
  await answer(page, "Answered by", "The single point of contact");
  await press(page, "Save and continue");
  await section(page, "What became of the request");
  await answer(page, "Why something is withheld", "It is another person's confidence");
  await answer(page, "The reason, in words", "It was told in confidence.");
  await press(page, "Save and continue");
}

/** Read by whoever asked. */
async function reads(id, words) {
  const visited = await begin(person(ASKS, "spoc"));
  const { page } = visited;
  await page.goto(`${demo.portal}/notices`);
  await page.getByText(/A health information request was (answered|refused)/).first().waitFor();
  await page.goto(`${demo.portal}/messages/${id}`);
  await page.getByRole("button", { name: "Read the form" }).click();
  await page.getByText(words).first().waitFor();
  await look(page, "health-response-read", script);
  await end(visited);
}

const first = await asks();
await reads(await answers(first, inFull), "Missed three, came to the fourth.");
const second = await asks();
await reads(await answers(second, refused), "It was told in confidence.");
await browser.close();
assert.deepEqual(found, []);
console.log("health requests hold");
