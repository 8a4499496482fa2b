// The pages of health information requests, for every side: the police ask; the trust's single point
// of contact finds the request in the list, accepts it and gives its questions to a clinician, who
// signs; the answer is begun from what is signed, and read by whoever asked. A second request is
// refused, upheld by the Caldicott guardian and asked again by the chair; an answer about the wrong
// patient is called back; what is late stands under it, and the coordinator counts.
//
// usage: node health_pages_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `the pages of health requests hold`.
import assert from "node:assert/strict";
import { answer, begin, end, fill, heading, press, state } from "./form_pages.mjs";
import { fillRequest } from "./health_forms.mjs";
import { agencies, ask, away, browser, clock, code, demo, found, look, person, scripted as script } from "./portal.mjs";

const ASKS = "met-police", UNIT = "london-coordination", STRANGER = "southwark-housing";
const TRUST = demo.agencies.find((one) => one.kind === "mental-health-trust").id;
const nominal = demo.nominals.find((one) => one.level >= 2 && one.partners.includes(TRUST) && [...one.partners, one.lead_agency].includes(ASKS));
const QUESTIONS = ["Engagement and attendance", "Medication: on or off it, compliance, and what a relapse does"];
const here = (path) => `${demo.portal}${path}`;
const named = (id) => agencies[id].name;

/** As an agency's system posts it. */
async function posted(agency, path, body) {
  const answered = await ask(`${demo.api}${path}`, { agency, body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  assert.equal(answered.status, 201, answered.body.toString());
  return JSON.parse(answered.body).id;
}

/** Another request, asked by the system of the police. */
const askedBySystem = () => posted(ASKS, "/api/v1/health-requests", {
  nominal: { ref: nominal.ref },
  answers: {
    requester: { name: "S. Officer", role: "Offender manager", phone: "01632 960001" },
    subject: { address: "1 Sample Street, Anytown" },
    mappa: { category: "1", level: "2", lead_agency: ASKS },
    need: { to_whom: ["A former partner: assault"], why_now: "Appointments were missed.", serves: "manage", decision: "Where the person may live", bases: ["s325"] },
    questions: { asked: ["engagement"] },
    consent: { sought: "not_sought", why_not: "danger" },
    handling: { urgency: "standard", readers: ["The meeting"], retention: "As long as under MAPPA", may_tell: "yes" },
  },
});
const refusedBySystem = (request) => posted(TRUST, `/api/v1/health-requests/${request}/response`, {
  answers: { answer: { outcome: "refused", reason: "third_party_confidence", reason_words: "It was told in confidence", answered_by: "The single point of contact" } },
});

/** Proves again who it is, where that is asked. */
async function stepUp({ page }, user) {
  await heading(page, "Confirm that it is you");
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByLabel("One-time code").fill(await code(user.totp_secret));
  await press(page, "Continue");
}

/** The facts of a request, as its page gives them. */
const facts = async (page) => (await page.locator("dl.govuk-summary-list").first().innerText()).replace(/\s+/g, " ");
const happened = (page) => page.locator(".moj-timeline__title").allInnerTexts();

/** From the navigation to the list, and to the newest of what waits. */
async function open(page, request) {
  await page.getByRole("link", { name: /^Health requests/ }).click();
  await heading(page, "Health information requests");
  await page.locator(`a[href="/health-requests/${request}"]`).click();
  await heading(page, "Health information request");
}

/** The police ask, from the list of what they asked. */
async function asks() {
  const visited = await begin(person(ASKS, "practitioner"));
  const { page } = visited;
  await page.getByRole("link", { name: /^Health requests/ }).click();
  await heading(page, "Health information requests");
  await page.getByRole("heading", { name: "What your agency asked" }).waitFor();
  await page.getByText("There is no such request.").waitFor();
  await look(page, "health-list-empty", script);
  await press(page, "Ask for health information");
  await page.getByLabel(/Reference of the person/).fill(nominal.ref);
  await press(page, "Start");
  await fillRequest(page, nominal, QUESTIONS);
  await page.getByRole("button", { name: "Check and send" }).click();
  await heading(page, "Check before you send");
  await press(page, "Send");
  await page.getByText("Your message is sent").waitFor();
  await page.getByRole("link", { name: "See how this health information request stands" }).click();
  await heading(page, "Health information request");
  assert.match(await facts(page), /Sent, not opened yet/);
  assert.equal(await page.getByRole("heading", { name: "What you can do" }).count(), 0, "there is nothing to do but wait");
  await look(page, "health-one-asker", script);
  const id = page.url().match(/health-requests\/([^/?]+)/)[1];
  await end(visited);
  return id;
}

/** The trust's single point of contact accepts it and gives its questions out. */
async function accepts(request) {
  const visited = await begin(person(TRUST, "spoc"));
  const { page } = visited;
  await page.getByRole("link", { name: "Health requests (1)" }).click();
  await page.getByRole("heading", { name: "What your agency is asked" }).waitFor();
  await page.getByRole("link", { name: `Asked by ${named(ASKS)}` }).waitFor();
  await page.getByText(/Due (in \d+ days|today|tomorrow)/).waitFor();
  await look(page, "health-list-asked", script);
  await open(page, request);
  await look(page, "health-one-asked", script);
  await press(page, "Accept this request");
  await page.getByText("You accepted the request").waitFor();
  assert.match(await facts(page), /Accepted, the answer is to come/);
  for (const [n, question] of QUESTIONS.entries()) {
    await page.getByRole("link", { name: "Give a question to a colleague" }).click();
    await heading(page, "Give a question to a colleague");
    if (n === 0) {
      assert.deepEqual(await page.getByLabel("Question").locator("option").allInnerTexts(), ["Choose", ...QUESTIONS], "those that this request asks, and no others");
      await press(page, "Give the question");
      await page.getByText("Select a colleague").first().waitFor();
      await look(page, "health-give-error", script);
    }
    await page.getByLabel("Question").selectOption({ label: question });
    const clinician = person(TRUST, "clinician");
    await page.getByLabel("Colleague").selectOption({ label: `${clinician.name} (${clinician.email})` });
    if (n === 0) await look(page, "health-give", script);
    await press(page, "Give the question");
    await page.getByText("The question is given to your colleague").waitFor();
  }
  await page.getByRole("table", { name: "Questions given to colleagues" }).waitFor();
  await look(page, "health-one-given", script);
  await end(visited);
}

/** The clinician answers each question, and signs it. */
async function signs() {
  const user = person(TRUST, "clinician");
  const visited = await begin(user);
  const { page } = visited;
  const answers = { [QUESTIONS[0]]: "Missed three, came to the fourth.", [QUESTIONS[1]]: "Not collected for six weeks." };
  for (const [n, [question, words]] of Object.entries(answers).entries()) {
    await page.getByRole("link", { name: `Questions (${2 - n})` }).click();
    await heading(page, "Questions for you");
    if (n === 0) await look(page, "health-questions", script);
    await page.getByRole("link", { name: question }).click();
    await heading(page, question);
    if (n === 0) {
      await look(page, "health-question", script);
      await page.getByRole("link", { name: "Open the request" }).click();
      await page.getByText("Three appointments were missed.").first().waitFor();
      await page.goBack();
      await press(page, "Sign the answer");
      await page.getByText("Confirm that you sign it").first().waitFor();
      await look(page, "health-question-error", script);
      await page.getByLabel("Your answer").fill(words);
      await page.getByLabel(/I sign this/).check();
      await away(page, user, "Sign the answer");
      await heading(page, question);
      assert.equal(await page.getByLabel("Your answer").inputValue(), words, "what was written is kept, and not signed");
      assert.equal(await page.getByLabel(/I sign this/).isChecked(), false);
    } else await page.getByLabel("Your answer").fill(words);
    await page.getByLabel(/I sign this/).check();
    await press(page, "Sign the answer");
    await page.getByText("You signed the answer").waitFor();
  }
  await page.getByText("No question waits for you.").waitFor();
  await look(page, "health-questions-none", script);
  assert.equal(await page.getByRole("link", { name: /^Questions/ }).innerText(), "Questions");
  await end(visited);
}

/** The answer is begun from what is signed, its readers are seen, and it is sent. */
async function answers(request) {
  const visited = await begin(person(TRUST, "spoc"));
  const { page } = visited;
  await open(page, request);
  await page.getByRole("link", { name: "Answer what is known now, with more to come" }).click();
  await page.getByText("It says what is known now, and that more is to come.").waitFor();
  await page.getByRole("link", { name: "Back to the request" }).click();
  await page.getByRole("link", { name: "Read what colleagues signed" }).click();
  await heading(page, "What colleagues signed");
  await page.getByText("Not collected for six weeks.").waitFor();
  await look(page, "health-signed", script);
  await press(page, "Answer the request with these");
  assert.ok(await page.getByLabel("The 2 answers that colleagues signed").isChecked());
  await look(page, "health-answer-start", script);
  await press(page, "Start");
  assert.match(await state(page, "What bears on risk"), /Completed/, "what is signed is in its place");
  await look(page, "health-answer-tasks", script);
  await fill(page, "What became of the request", { "Answered by": "The single point of contact" });
  await fill(page, "On what it is shared", { "The person's consent": "Asked for, and given" });
  await page.getByRole("button", { name: "Check and send" }).click();
  await heading(page, "Check before you send");
  const readers = page.locator('section.portal-item h3[id^="to-"]');
  const shown = (await readers.allInnerTexts()).map((text) => text.trim());
  assert.deepEqual([...new Set(shown)].sort(), [named(ASKS), named(UNIT)].sort(), "who will read it, and nobody else");
  await page.getByText(`Signed by ${person(TRUST, "clinician").name}`).first().waitFor();
  await look(page, "health-answer-check", script);
  await press(page, "Send");
  await page.getByText("Your message is sent").waitFor();
  await page.getByRole("link", { name: "See how this health information request stands" }).click();
  assert.match(await facts(page), /Answered in full/);
  await page.getByRole("link", { name: "Correct the answer" }).click();
  await page.getByText("It takes the place of the answer that your agency sent").waitFor();
  await press(page, "Start");
  await page.getByText("Takes the place of that one").waitFor();
  assert.match(await state(page, "What bears on risk"), /Completed/);
  await press(page, "Delete this draft of Answer to a health information request");
  await end(visited);
}

/** Whoever asked reads it. */
async function reads(request) {
  const visited = await begin(person(ASKS, "spoc"));
  const { page } = visited;
  await page.goto(here("/notices"));
  await page.getByRole("link", { name: /Open the request/ }).first().click();
  assert.equal(page.url(), here(`/health-requests/${request}`));
  assert.deepEqual((await happened(page)).map((one) => one.trim()), ["Answered", "Accepted: it will be answered", "Asked"], "what the trust does among its own people stays there");
  await look(page, "health-one-answered", script);
  await page.getByRole("link", { name: "Open the answer’s message" }).click();
  await page.getByRole("button", { name: "Read the form" }).click();
  await page.getByText("Missed three, came to the fourth.").first().waitFor();
  await page.getByText(`Signed by ${person(TRUST, "clinician").name}`).first().waitFor();
  await end(visited);
}

/** A refusal is upheld by the guardian, and asked again by the chair. */
async function looksAtRefusal(request) {
  const guardian = await begin(person(TRUST, "caldicott"));
  await open(guardian.page, request);
  assert.match(await facts(guardian.page), /Withheld because It is another person's confidence/);
  await look(guardian.page, "health-one-refused", script);
  await guardian.page.getByRole("link", { name: "Decide about the refusal" }).click();
  await heading(guardian.page, "Decide about the refusal");
  await press(guardian.page, "Send your decision");
  await guardian.page.getByText("Select whether the refusal stands").first().waitFor();
  await look(guardian.page, "health-review-error", script);
  await guardian.page.getByLabel("Yes, it stands").check();
  await guardian.page.getByLabel("Your reasons").fill("It is another’s secret.");
  await away(guardian.page, person(TRUST, "caldicott"), "Send your decision");
  assert.ok(await guardian.page.getByLabel("Yes, it stands").isChecked());
  await look(guardian.page, "health-review", script);
  await press(guardian.page, "Send your decision");
  await guardian.page.getByText("You stood by the refusal").waitFor();
  await end(guardian);

  const chair = await begin(person(UNIT, "chair"));
  await open(chair.page, request);
  await chair.page.getByText("It is another’s secret.").waitFor();
  await chair.page.getByRole("link", { name: "Decide about the refusal" }).click();
  await chair.page.getByLabel("No, the request is to be answered").check();
  await chair.page.getByLabel("Your reasons").fill("The court will ask for it.");
  await press(chair.page, "Send your decision");
  await chair.page.getByText("It is asked again").waitFor();
  assert.deepEqual((await happened(chair.page)).slice(0, 3), ["Asked again", "The Caldicott guardian stands by the refusal", "Refused"]);
  await look(chair.page, "health-one-again", script);
  await end(chair);
}

/** An answer about the wrong patient is called back, by whoever has just proved who they are. */
async function callsBack(request) {
  const user = person(TRUST, "spoc");
  const visited = await begin(user);
  const { page } = visited;
  await page.goto(here(`/health-requests/${request}`));
  await clock({ advance: "PT6M" });
  await page.getByRole("link", { name: "Call the answer back: it is about the wrong patient" }).click();
  await stepUp(visited, user);
  await heading(page, "Call the answer back");
  await press(page, "Call it back");
  await page.getByText("Enter how you know it").first().waitFor();
  await look(page, "health-wrong-error", script);
  await page.getByLabel(/How do you know/).fill("Another patient of that name.");
  await away(page, user, "Call it back");
  assert.equal(await page.getByLabel(/How do you know/).inputValue(), "Another patient of that name.");
  await look(page, "health-wrong", script);
  await press(page, "Call it back");
  await page.getByText("The answer is called back").waitFor();
  assert.match(await facts(page), /Accepted, the answer is to come/);
  await end(visited);

  const asker = await begin(person(ASKS, "spoc"));
  await asker.page.goto(here("/notices"));
  await asker.page.getByText("An answer to a health information request was about the wrong patient.").first().waitFor();
  await asker.page.goto(here(`/health-requests/${request}`));
  assert.ok((await happened(asker.page)).includes("The answer was about the wrong patient, and is called back"));
  assert.equal(await asker.page.getByRole("link", { name: "Open the answer’s message" }).count(), 0);
  await end(asker);
}

/** What is late is said in days, and found by its filter. */
async function late() {
  await clock({ advance: "PT336H" });
  const visited = await begin(person(TRUST, "spoc"));
  const { page } = visited;
  await page.getByRole("link", { name: /^Health requests/ }).click();
  await page.getByRole("link", { name: /^Late \(2\)/ }).click();
  await page.getByText(/\d+ days late/).first().waitFor();
  await look(page, "health-list-late", script);
  await page.getByRole("link", { name: /^Refused/ }).click();
  await page.getByText("There is no such request.").waitFor();
  await end(visited);
}

/** How requests went, n of N; and to others there is nothing. */
async function counted(request) {
  const visited = await begin(person(UNIT, "coordinator"));
  const { page } = visited;
  await page.getByRole("link", { name: /^Health requests/ }).click();
  await page.getByRole("heading", { name: "What your unit oversees" }).waitFor();
  await page.getByRole("link", { name: /^All/ }).click();
  await look(page, "health-list-overseen", script);
  await page.getByRole("link", { name: "How requests went" }).click();
  await heading(page, "How health information requests went");
  const rows = (await page.getByRole("row").allInnerTexts()).map((row) => row.replace(/\s+/g, " "));
  const row = (name) => rows.find((one) => one.startsWith(name)) ?? assert.fail(name);
  assert.match(row("Shared"), /1\/3 33%/);
  assert.match(row("Withheld, with a reason"), /0\/3 0%/);
  assert.match(row("Withheld, without a reason"), /0\/3 0%/);
  assert.match(row("Overdue"), /2\/3 67%/);
  assert.match(row("Open"), /0\/3 0%/);
  assert.match(row("People about whom health shared"), /1\/1 100%/);
  await look(page, "health-counts", script);
  await end(visited);

  const other = await begin(person(STRANGER, "spoc"));
  assert.equal(await other.page.getByRole("link", { name: /^Health requests/ }).count(), 0);
  for (const path of [`/health-requests/${request}`, `/health-requests/${request}/signed`, "/coordination/health"]) {
    assert.equal((await other.page.goto(here(path))).status(), 404, path);
  }
  await other.page.goto(here("/health-requests"));
  await other.page.getByText("Your agency neither asks for health information nor is asked for it.").waitFor();
  await end(other);
}

const first = await asks();
await accepts(first);
await signs();
await answers(first);
await reads(first);
const second = await askedBySystem();
await refusedBySystem(second);
await looksAtRefusal(second);
const third = await askedBySystem();
await posted(TRUST, `/api/v1/health-requests/${third}/response`, {
  answers: {
    answer: { outcome: "full", answered_by: "The single point of contact" },
    basis: { clinician: "Dr A. Example", consent: "given" },
    risk: { engagement: "Of somebody else" },
  },
});
await callsBack(third);
await late();
await counted(first);
await browser.close();
assert.deepEqual(found, []);
console.log("the pages of health requests hold");
