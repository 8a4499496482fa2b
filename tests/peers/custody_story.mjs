// A chain of four prisons: each says that the person is with it, the one before says when he left,
// and each goes on from what the one before reported. At the end the coordinator has all of it,
// the last prison reads the earlier ones with their source, and the first reads nothing.
//
// usage: node custody_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `custody holds`.
import assert from "node:assert/strict";
import { agencies, ask, away, browser, clock, context, cookieOf, demo, found, look, person, scripted as script, signIn } from "./portal.mjs";

const CHAIN = ["hmp-northgate", "hmp-southfield", "hmp-eastmoor", "hmp-westbrook"];
const CODES = { "hmp-southfield": "SFD", "hmp-eastmoor": "EMR", "hmp-westbrook": "WBK" };
const UNIT = "london-coordination";
const nominal = demo.nominals.find((one) => one.prison_number === "A1234BC");
const [bornYear, bornMonth, bornDay] = nominal.date_of_birth.split("-");
const nameOf = (agency) => agencies[agency].name;

async function begin(user) {
  const [visit, complaints] = await context(script);
  const page = await visit.newPage();
  await page.goto(`${demo.portal}/sign-in`);
  await signIn(page, user);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return { visit, page, complaints };
}

async function end({ visit, complaints }) {
  assert.deepEqual(complaints.filter((words) => !/status of 4\d\d/.test(words)), []);
  await visit.close();
}

const heading = (page, name) => page.getByRole("heading", { name, level: 1 }).waitFor();
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const section = async (page, name) => {
  await page.getByRole("main").getByRole("link", { name, exact: true }).click();
  await heading(page, name);
};
const date = async (page, legend, [day, month, year]) => {
  const group = page.getByRole("group", { name: legend });
  for (const [part, value] of [["Day", day], ["Month", month], ["Year", year]]) await group.getByLabel(part).fill(String(value));
};
const today = async () => {
  const now = new Date(await clock());
  return [now.getUTCDate(), now.getUTCMonth() + 1, now.getUTCFullYear()];
};

/** An agency's system, on behalf of somebody. */
async function system(agency, path, user, body, expected = [200, 201]) {
  const headers = { "content-type": "application/json", "x-on-behalf-of": user.email };
  const answer = await ask(`${demo.api}${path}`, { agency, headers, body: body && JSON.stringify(body) });
  assert.ok(expected.includes(answer.status), `${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}

/** Countersigned and cleared, by those who may. */
async function signed(agency) {
  for (const role of ["manager", "security"]) {
    const user = person(agency, role);
    const { holds } = await system(agency, "/api/v1/holds", user);
    for (const hold of holds.filter((one) => one.role === role)) {
      await system(agency, `/api/v1/holds/${hold.id}`, user, { decision: "approve", reasons: "it is right" });
    }
  }
}

/** The first prison's form, by its system. */
async function first() {
  const schema = JSON.parse((await ask(`${demo.api}/schemas/annex-f.json`, { agency: CHAIN[0] })).body);
  const form = { ...schema.examples[0], nominal: { ref: nominal.ref }, recipients: [UNIT] };
  form.answers = { ...form.answers, behaviour: { ...form.answers.behaviour, summary: "Quiet on the wing at Northgate." } };
  const sent = await system(CHAIN[0], "/api/v1/annex-f", person(CHAIN[0], "practitioner"), form);
  await signed(CHAIN[0]);
  return sent.id;
}

/** Who neither holds anybody nor coordinates is not led there. */
async function elsewhere() {
  const visited = await begin(person("southwark-housing", "spoc"));
  const { page } = visited;
  assert.equal(await page.getByRole("link", { name: "Custody", exact: true }).count(), 0);
  await page.goto(`${demo.portal}/custody`);
  assert.equal(page.url(), `${demo.portal}/inbox`);
  await end(visited);
}

/** The prison says that he is with it, after a slip. */
async function claim(page, prison, slips) {
  await page.getByRole("link", { name: "Custody", exact: true }).click();
  await heading(page, "Custody");
  if (slips) await look(page, "custody-empty", script);
  await page.getByRole("button", { name: "Say that a person is with you" }).click();
  await heading(page, "Say that a person is with you");
  if (slips) {
    await look(page, "custody-claim", script);
    await press(page, "Make the claim");
    await page.getByRole("alert").getByText("Enter the day on which the person came to you").waitFor();
    assert.match(await page.title(), /^Error: /);
    await look(page, "custody-claim-error", script);
  }
  await page.getByLabel("Prison number").fill(nominal.prison_number);
  await date(page, "Since when is the person with you?", await today());
  if (slips) {
    await date(page, "Date of birth", [bornDay, bornMonth, Number(bornYear) + 1]);
    await press(page, "Make the claim");
    await page.getByRole("alert").getByText("ask the coordination unit").waitFor();
    assert.equal(await page.getByLabel("Prison number").inputValue(), nominal.prison_number, "nothing typed is lost");
    await away(page, person(prison, "practitioner"), "Make the claim");
    assert.equal(await page.getByLabel("Prison number").inputValue(), nominal.prison_number);
  }
  await date(page, "Date of birth", [bornDay, bornMonth, bornYear]);
  await press(page, "Make the claim");
  await page.getByText("Your claim is made").waitFor();
  await page.getByRole("link", { name: new RegExp(`^${nominal.prison_number}, since`) }).first().waitFor();
  if (slips) {
    await look(page, "custody-claimed", script);
    await page.getByRole("link", { name: new RegExp(`^${nominal.prison_number}, since`) }).first().click();
    await page.getByRole("button", { name: "Take the claim back" }).waitFor();
    await look(page, "custody-own-claim", script);
  }
}

/** The prison before says when he left. */
async function confirm(prison, pictured) {
  const visited = await begin(person(prison, "manager"));
  const { page } = visited;
  await page.goto(`${demo.portal}/custody`);
  await page.getByText("Answer it").waitFor();
  if (pictured) await look(page, "custody-to-answer", script);
  await page.getByRole("link", { name: new RegExp(`^${nominal.prison_number}, since`) }).first().click();
  await heading(page, "A claim of custody");
  if (pictured) {
    await look(page, "custody-answer", script);
    await page.getByLabel("No, the person is with us").check();
    await press(page, "Send your answer");
    await page.getByRole("alert").getByText("Enter your reasons").waitFor();
    await look(page, "custody-answer-error", script);
  }
  await page.getByLabel("Yes, the person has left us").check();
  await date(page, /the day on which the person left you/, await today());
  await press(page, "Send your answer");
  await page.getByText("You confirmed it").waitFor();
  assert.equal(await page.getByRole("link", { name: nominal.name }).count(), 0, "he is not with them any more");
  await end(visited);
}

/** The next form goes on from the one before: as before, but for what is the prison's own. */
async function goesOn(page, prison, before, pictured) {
  await page.goto(`${demo.portal}/custody`);
  await page.getByRole("link", { name: nominal.name, exact: true }).waitFor();
  if (pictured) await look(page, "custody-owed", script);
  await page.getByRole("link", { name: /^Start the form/ }).click();
  await heading(page, "Start Annex F");
  await page.getByLabel(new RegExp(`sent .* by ${nameOf(before).replace(/[()]/g, "\\$&")}`)).check();
  if (pictured) await look(page, "custody-start-from", script);
  await press(page, "Start");
  await page.getByText(`by ${nameOf(before)}`).first().waitFor();
  await page.getByText(`As before, from ${nameOf(before)}`).first().waitFor();
  const whose = (name) => page.locator("li.govuk-task-list__item").filter({ has: page.getByRole("link", { name, exact: true }) }).innerText();
  assert.ok((await whose("Behaviour")).includes(`As before, from ${nameOf(before)}`), "the prison before changed that");
  assert.ok((await whose("What protects")).includes(`As before, from ${nameOf(CHAIN[0])}`), "the first one wrote that, and nobody changed it");
  if (pictured) await look(page, "custody-tasks", script);
  await section(page, "Behaviour");
  const words = await page.getByLabel("Summary of behaviour").inputValue();
  assert.match(words, /at Northgate/, "what the first prison wrote is there");
  await page.getByLabel("Summary of behaviour").fill(`${words} And at ${nameOf(prison)}.`);
  await press(page, "Save and continue");
  await page.goto(page.url().match(/.*\/forms\/draft\/[^/?]+/)[0]);
  await section(page, "Custody");
  await page.getByLabel("Prison", { exact: true }).fill(CODES[prison]);
  await press(page, "Save and continue");
  await heading(page, "Earlier prisons on this sentence");
  assert.ok(await page.getByRole("row").count() >= 2 + CHAIN.indexOf(before), "the earlier prisons are in the list");
  if (pictured) await look(page, "custody-previous", script);
  await press(page, "Save and continue");
  if (await page.locator("li.govuk-task-list__item").filter({ has: page.getByRole("link", { name: "Security", exact: true }) }).getByText("Incomplete").count()) {
    await section(page, "Security");
    await press(page, "Save and continue");
    await page.getByLabel("None are known").check();
    await press(page, "Save and continue");
  }
  await section(page, "Who wrote it");
  for (const [label, value] of [["Name", "S. Officer"], ["Role", "Offender supervisor"], ["Telephone", "020 7946 0000"], ["Email", `officer@${agencies[prison].email?.split("@")[1] ?? "prison.example"}`]]) await page.getByLabel(label).fill(value);
  await press(page, "Save and continue");
  await page.getByText(/(\d+) of \1 sections are complete/).waitFor();
  await page.getByRole("button", { name: "Check and send" }).click();
  await press(page, "Send");
  await page.getByText("It waits for a decision before anybody gets it").waitFor();
  const id = page.url().match(/messages\/([^?]+)/)[1];
  await signed(prison);
  return id;
}

/** The coordinator has every form and every step of the chain on the record. */
async function coordinator(ids) {
  const visited = await begin(person(UNIT, "coordinator"));
  const { page } = visited;
  await page.getByRole("link", { name: "Coordination", exact: true }).click();
  await page.getByRole("link", { name: "Custody", exact: true }).first().click();
  await heading(page, "Custody");
  assert.equal(await page.getByText("Confirmed", { exact: true }).count(), 3);
  await look(page, "custody-unit", script);
  await page.goto(`${demo.portal}/nominals/${nominal.ref}`);
  await page.getByRole("radio").first().check();
  await page.getByRole("button").filter({ hasText: /Open|Continue|Read/ }).first().click();
  await heading(page, nominal.name);
  const said = await page.locator("main").innerText();
  for (const prison of CHAIN) assert.ok(said.includes(nameOf(prison)), `${prison} is in its history`);
  await look(page, "custody-history", script);
  for (const id of ids) {
    await page.goto(`${demo.portal}/messages/${id}/form`);
    await heading(page, "Annex F");
    assert.match(await page.locator("main").innerText(), /at Northgate/);
  }
  const user = person(UNIT, "coordinator");
  const events = [];
  for (let cursor = ""; cursor !== null;) {
    const some = await system(UNIT, `/api/v1/nominals/${nominal.ref}/events?limit=100${cursor && `&cursor=${cursor}`}`, user);
    events.push(...some.events);
    cursor = some.next;
  }
  const count = (kind) => events.filter((one) => one.kind === kind).length;
  assert.deepEqual([count("custody-claimed"), count("custody-confirmed"), count("hand-over-opened"), count("form-carried")], [3, 3, 3, 6]);
  assert.deepEqual(ids.filter((id) => !events.some((one) => one.exchange === id && one.kind === "exchange-recorded")), []);
  await end(visited);
}

/** The last prison reads the earlier ones, each with whose it is; the first reads nothing. */
async function readers(page, ids) {
  for (const [n, id] of ids.slice(0, 3).entries()) {
    await page.goto(`${demo.portal}/messages/${id}/form`);
    await heading(page, "Annex F");
    const said = await page.locator("main").innerText();
    assert.ok(said.includes(nameOf(CHAIN[n])) && said.includes("at Northgate"), said);
  }
  await look(page, "custody-read", script);
  await clock({ advance: "PT240H" });
  const { cookie } = await cookieOf(person(CHAIN[0], "practitioner"));
  for (const path of [`/sent/${ids[0]}`, `/messages/${ids[1]}/form`, `/messages/${ids[3]}/form`, `/nominals/${nominal.ref}`]) {
    const theirs = await ask(demo.portal + path, { headers: { cookie } });
    assert.ok([403, 404].includes(theirs.status), `${path}: ${theirs.status}`);
    assert.ok(!theirs.body.toString().includes("Northgate."), path);
  }
}

try {
  await elsewhere();
  const ids = [await first()];
  let last;
  for (const [n, prison] of CHAIN.entries()) {
    if (n === 0) continue;
    await clock({ advance: "PT24H" });
    const visited = await begin(person(prison, "practitioner"));
    await claim(visited.page, prison, n === 1);
    await confirm(CHAIN[n - 1], n === 1);
    ids.push(await goesOn(visited.page, prison, CHAIN[n - 1], n === 1));
    if (n === 3) last = visited;
    else await end(visited);
  }
  await coordinator(ids);
  await readers(last.page, ids);
  assert.deepEqual(found, []);
  console.log("custody holds");
} finally {
  await browser.close();
}
