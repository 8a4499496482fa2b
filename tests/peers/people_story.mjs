// The day of an agency's single point of contact in a real browser: she invites, names a deputy,
// resets a second factor and suspends a leaver; the coordinator is told of each.
//
// usage: node people_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `people hold`.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { agencies, ask, browser, clock, code, context, cookieOf, demo, folder, found, look, person, scripted, signIn } from "./portal.mjs";

const AT = "southwark-housing";
const spoc = person(AT, "spoc");
const domain = spoc.email.split("@")[1];
const here = (path) => demo.portal + path;

/** Somebody's browser, signed in. */
async function visitor(user) {
  const [visit, complaints] = await context(scripted);
  const page = await visit.newPage();
  await page.goto(here("/sign-in"));
  await signIn(page, user);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return { visit, page, complaints, user };
}

/** Proves again who it is, where that is asked. */
async function stepUp({ page, user }, { password = user.password } = {}) {
  await page.getByRole("heading", { name: "Confirm that it is you" }).waitFor();
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("One-time code").fill(await code(user.totp_secret));
  await page.getByRole("button", { name: "Continue" }).click();
}

/** To a page that asks who it is where that was proved too long ago. */
async function to(who, path, heading) {
  await who.page.goto(here(path));
  if (await who.page.getByRole("heading", { name: "Confirm that it is you" }).count()) await stepUp(who);
  await who.page.getByRole("heading", { name: heading }).waitFor();
}

const opened = new Set();
/** The link in the newest mail to an address that was not opened before. */
async function link(address) {
  for (let tries = 0; tries < 100; tries += 1) {
    for (const name of readdirSync(join(folder, "mail")).filter((name) => name.endsWith(".eml") && !opened.has(name))) {
      const mail = readFileSync(join(folder, "mail", name), "latin1").replace(/=\r?\n/g, "").replace(/=3D/g, "=");
      const token = mail.match(/\/join\/[A-Za-z0-9_-]{43}/);
      if (!token || !mail.includes(address)) continue;
      opened.add(name);
      assert.ok(!mail.includes("Newcomer"), "the mail names nobody");
      assert.ok(mail.includes(demo.portal + token[0]), "the link leads to the portal");
      return token[0];
    }
    await wait(100);
  }
  assert.fail(`no mail with a link to ${address}`);
}

async function invite(who, name, email, role = "Practitioner") {
  await to(who, "/agency/people/invite", "Invite a colleague");
  await who.page.getByLabel("Full name").fill(name);
  await who.page.getByLabel("Work email address").fill(email);
  await who.page.getByLabel(role, { exact: true }).check();
  await who.page.getByRole("button", { name: "Send the invitation" }).click();
  await who.page.getByText("The invitation is on its way by mail").waitFor();
}

/** Sets up by a link; the secret of the codes. */
async function setUp(page, address, password, label = "New password") {
  await page.goto(here(address));
  const secret = (await page.locator(".portal-key").innerText()).replaceAll(" ", "");
  assert.match(secret, /^[A-Z2-7]{32}$/);
  await page.getByLabel(label, { exact: true }).fill(password);
  await page.getByLabel("One-time code").fill(await code(secret));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("You are set up").waitFor();
  return secret;
}

async function invites(beth) {
  const { page } = beth;
  await page.getByRole("link", { name: "People", exact: true }).click();
  await page.getByRole("heading", { name: "People at " }).waitFor();
  await look(page, "people", scripted);

  // Six minutes later she is asked again who she is.
  await clock({ advance: "PT6M" });
  await page.getByRole("button", { name: "Invite a colleague" }).click();
  await page.getByRole("heading", { name: "Confirm that it is you" }).waitFor();
  await look(page, "again", scripted);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Enter your password").waitFor();
  assert.match(await page.title(), /^Error: /);
  await stepUp(beth, { password: "not her password" });
  await page.getByRole("alert").getByText("is not right").waitFor();
  await look(page, "again-error", scripted);
  await stepUp(beth);
  await page.getByRole("heading", { name: "Invite a colleague" }).waitFor();
  assert.equal(page.url(), here("/agency/people/invite"));
  await look(page, "invite", scripted);

  // What is wrong is said beside its field, and nothing typed is lost.
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await page.getByRole("alert").getByText("Enter the colleague's name").waitFor();
  await page.getByLabel("Full name").fill("Nia Newcomer");
  await page.getByLabel("Work email address").fill("nia@elsewhere.example");
  await page.getByLabel("Practitioner", { exact: true }).check();
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await page.getByRole("alert").getByText(`one that ends in @${domain}`).waitFor();
  assert.equal(await page.getByLabel("Full name").inputValue(), "Nia Newcomer");
  assert.ok(await page.getByLabel("Practitioner", { exact: true }).isChecked());
  assert.equal(await page.getByLabel("Single point of contact", { exact: true }).count(), 0);
  await look(page, "invite-error", scripted);
  await page.getByLabel("Work email address").fill(`n.newcomer@${domain}`);
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await page.getByText("The invitation is on its way by mail").waitFor();
  await page.getByText("Links that wait to be used").waitFor();
  await look(page, "people-invited", scripted);
}

async function joins() {
  const address = await link(`n.newcomer@${domain}`);
  // A mail scanner opens it, twice; nothing changes, and it names nobody.
  for (let looks = 0; looks < 2; looks += 1) {
    const answer = await ask(here(address));
    assert.equal(answer.status, 200);
    assert.ok(!answer.body.includes("Newcomer") && !answer.body.includes(`n.newcomer@${domain}`));
    assert.equal(answer.headers["cache-control"], "no-store");
  }
  const [visit, complaints] = await context(scripted);
  const page = await visit.newPage();
  await page.goto(here(address));
  await page.getByRole("img", { name: "QR code for your authenticator app" }).waitFor();
  await look(page, "join", scripted);
  await page.getByLabel("New password", { exact: true }).fill("password1234");
  await page.getByLabel("One-time code").fill("000000");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("guessed first").waitFor();
  await page.getByRole("alert").getByText("that your app shows now").waitFor();
  await look(page, "join-error", scripted);
  const nia = { email: `n.newcomer@${domain}`, password: "kettle-orbit-mango" };
  nia.totp_secret = await setUp(page, address, nia.password);
  await look(page, "set-up", scripted);
  await signIn(page, nia);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();

  // The link a second time, and one that is not whole.
  for (const [link, status, words] of [[address, 410, "This link has been used"], [address.slice(0, -1), 404, "This link is not complete"]]) {
    const answer = await ask(here(link));
    assert.equal(answer.status, status);
    assert.ok(!answer.body.includes("Newcomer") && !answer.body.includes(domain));
    complaints.length = 0;
    await page.goto(here(link));
    await page.getByRole("heading", { name: words }).waitFor();
    await look(page, `link-${status}`, scripted);
  }
  await page.goto(here("/inbox"));
  return { visit, page, user: nia };
}

async function deputy(beth) {
  const { page } = beth;
  const zoe = await visitor(person(AT, "practitioner"));
  const zoeName = zoe.user.name;
  const refused = await zoe.page.goto(here("/agency/people"));
  assert.equal(refused.status(), 403);
  await zoe.page.getByText("single point of contact manages its people").waitFor();
  await look(zoe.page, "people-refused", scripted);

  await to(beth, "/agency/people/deputy", "Name a deputy");
  await look(page, "deputy", scripted);
  await page.getByLabel("Who stands in for you").selectOption({ label: zoeName });
  await page.getByRole("button", { name: "Name the deputy" }).click();
  await page.getByRole("alert").getByText("Enter the first day of your absence").waitFor();
  assert.equal(await page.getByLabel("Who stands in for you").locator("option:checked").innerText(), zoeName);
  await look(page, "deputy-error", scripted);
  const now = new Date(await clock());
  const last = new Date(now.getTime() + 13 * 24 * 3600 * 1000);
  for (const [group, date] of [["First day", now], ["Last day", last]]) {
    const fields = page.getByRole("group", { name: group });
    await fields.getByLabel("Day").fill(String(date.getUTCDate()));
    await fields.getByLabel("Month").fill(String(date.getUTCMonth() + 1));
    await fields.getByLabel("Year").fill(String(date.getUTCFullYear()));
  }
  await page.getByRole("button", { name: "Name the deputy" }).click();
  await page.getByText("The deputy is named").waitFor();
  await page.getByText("Stands in now").waitFor();
  await look(page, "people-deputy", scripted);

  // The deputy acts.
  await invite(zoe, "Ida Late", `i.late@${domain}`);
  const late = await link(`i.late@${domain}`);
  assert.equal((await ask(here(late))).status, 200);
  await to(zoe, "/agency/people", "People at ");
  assert.equal(await zoe.page.getByRole("button", { name: "Name a deputy" }).count(), 0);
  await zoe.page.getByRole("listitem").filter({ hasText: "Ida Late" }).getByRole("button", { name: "Withdraw" }).click();
  await zoe.page.getByText("The link is good no longer").waitFor();
  const over = await ask(here(late));
  assert.ok(over.status === 410 && over.body.includes("This link is no longer good"));

  // Back early: the deputy's time has ended.
  await page.goto(here("/agency/people"));
  await page.getByRole("button", { name: "End now" }).click();
  await page.getByText("time has ended").waitFor();
  assert.equal((await zoe.page.goto(here("/agency/people"))).status(), 403);
  await zoe.visit.close();
}

async function resets(beth, nia) {
  const { page } = beth;
  await page.goto(here("/agency/people"));
  await page.getByRole("link", { name: "Nia Newcomer" }).click();
  await look(page, "colleague", scripted);
  const address = page.url().slice(demo.portal.length);
  await to(beth, `${address}/reset`, "Reset second factor");
  await look(page, "reset", scripted);
  await page.getByLabel("The authenticator app or security key", { exact: true }).check();
  await page.getByLabel("How did you check").fill("seen");
  await page.getByRole("button", { name: "Reset and send a link" }).click();
  await page.getByRole("alert").getByText("Enter how you checked").waitFor();
  await look(page, "reset-error", scripted);
  await page.getByLabel("How did you check").fill("I rang her on the desk number in our directory");
  await page.getByRole("button", { name: "Reset and send a link" }).click();
  await page.getByText("a link to set it up again is on its way").waitFor();

  // Her open browser has ended, and the old app is of no use.
  await nia.page.reload();
  assert.match(nia.page.url(), /\/sign-in/);
  await signIn(nia.page, nia.user);
  await nia.page.getByRole("alert").getByText("is not right").waitFor();
  const again = await link(nia.user.email);
  await nia.page.goto(here(again));
  await look(nia.page, "join-again", scripted);
  nia.user.totp_secret = await setUp(nia.page, again, nia.user.password, "Your password");
  await signIn(nia.page, nia.user);
  await nia.page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return address;
}

async function suspends(beth, nia, address) {
  const { page } = beth;
  await to(beth, `${address}/suspend`, "Suspend Nia Newcomer");
  await look(page, "suspend", scripted);
  await page.getByRole("button", { name: "Suspend" }).click();
  await page.getByText("Suspended, and signed out everywhere").waitFor();
  await nia.page.reload();
  assert.match(nia.page.url(), /\/sign-in/);
  await signIn(nia.page, nia.user);
  await nia.page.getByRole("alert").getByText("is not right").waitFor();
  await page.goto(here(address));
  await look(page, "colleague-suspended", scripted);
  if (await page.getByRole("button", { name: "End the suspension" }).count()) {
    await page.getByRole("button", { name: "End the suspension" }).click();
    if (await page.getByRole("heading", { name: "Confirm that it is you" }).count()) {
      await stepUp(beth);
      await page.getByRole("button", { name: "End the suspension" }).click();
    }
  }
  await page.getByText("The suspension has ended").waitFor();
  await signIn(nia.page, nia.user);
  await nia.page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  await nia.visit.close();
}

/** Oneself, and another agency's people. */
async function others(beth, address) {
  const { page } = beth;
  await page.goto(here("/agency/people"));
  await page.getByRole("link", { name: spoc.name }).click();
  await page.getByText("This is you").waitFor();
  await look(page, "myself", scripted);
  const own = page.url().slice(demo.portal.length);
  const police = await cookieOf(person("met-police", "spoc"));
  const headers = { cookie: police.cookie, "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };
  const nobody = "/agency/people/00000000-0000-7000-8000-000000000000";
  for (const end of ["", "/reset", "/suspend"]) {
    const [theirs, absent] = [await ask(here(address + end), { headers }), await ask(here(nobody + end), { headers })];
    assert.ok(theirs.status === 404 && theirs.body.equals(absent.body), end);
  }
  for (const end of ["/reset", "/suspend", "/restore"]) {
    const body = `token=${police.token}&lost=both&checked=I+saw+her+in+the+office`;
    assert.equal((await ask(here(address + end), { headers, body })).status, 404, end);
  }
  const { cookie, token } = await cookieOf(spoc);
  const mine = await ask(here(`${own}/suspend`), { headers: { ...headers, cookie }, body: `token=${token}` });
  assert.ok(mine.status === 403 && mine.body.includes("Nobody does this to themself"), String(mine.body));
}

/** The coordinator sees that she was told. */
async function told() {
  const coordinator = await visitor(person("london-coordination", "coordinator"));
  const { page } = coordinator;
  await page.getByRole("link", { name: "Notices" }).click();
  await page.getByRole("heading", { name: "Notices" }).waitFor();
  const text = await page.locator("main").innerText();
  const zoe = person(AT, "practitioner").name;
  const by = `${spoc.name} of ${agencies[AT].name}`;
  for (const words of [`${by} invited Nia Newcomer.`, `Nia Newcomer of ${agencies[AT].name} joined by an invitation.`,
                       `${by} named ${zoe} as deputy for a time.`, `${zoe} of ${agencies[AT].name} invited Ida Late.`,
                       `took back a link that was sent to Ida Late.`, `${by} ended the time of ${zoe} as deputy.`,
                       `${by} reset how Nia Newcomer signs in, after a check.`, `${by} suspended Nia Newcomer.`,
                       `${by} ended the suspension of Nia Newcomer.`]) {
    assert.ok(text.includes(words), `${words} is not in: ${text}`);
  }
  await look(page, "notices", scripted);
  await coordinator.visit.close();
}

/** A link that nobody used for three days. */
async function expires(beth) {
  await invite(beth, "Tom Tardy", `t.tardy@${domain}`);
  const late = await link(`t.tardy@${domain}`);
  await clock({ advance: "PT73H" });
  const answer = await ask(here(late));
  assert.ok(answer.status === 410 && answer.body.includes("This link is too old"));
}

try {
  const beth = await visitor(spoc);
  await invites(beth);
  const nia = await joins();
  await deputy(beth);
  const address = await resets(beth, nia);
  await suspends(beth, nia, address);
  await others(beth, address);
  await told();
  await expires(beth);
  const faults = beth.complaints.filter((words) => !/status of 4\d\d/.test(words));
  assert.deepEqual(faults, []);
  assert.deepEqual(found, []);
  console.log("people hold");
} finally {
  await browser.close();
}
