// Security keys and passkeys in a real browser, whose authenticators are virtual: an officer of a
// prison, where no phone may be carried, sets one up and signs in with it; a newcomer joins with
// one; what does not hold is refused in words that help.
//
// usage: node keys_story.mjs DEMO_DIR GATEWAY_BINARY [PICTURES_DIR]
// Each step is an assertion; the last line is `keys hold`.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { browser, clock, code, context, demo, folder, found, look, person, scripted, signIn } from "./portal.mjs";

const AT = "hmp-northgate";
const officer = person(AT, "manager");
const spoc = person(AT, "spoc");
/** A key is bound to a name: the demo's address has one too. */
const site = demo.portal.replace("127.0.0.1", "localhost");
const here = (path) => site + path;

/** Somebody's browser, and the authenticators that are plugged into it. */
async function visitor() {
  const [visit, complaints] = await context(scripted);
  const page = await visit.newPage();
  const dev = await visit.newCDPSession(page);
  await dev.send("WebAuthn.enable");
  return { visit, page, dev, complaints };
}

/** Plugs an authenticator in, in place of what was there; it checks its person unless `more` says otherwise. */
async function plug(who, more = {}) {
  if (who.key) await who.dev.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: who.key });
  const options = { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "usb", hasResidentKey: true,
                    hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...more };
  who.key = (await who.dev.send("WebAuthn.addVirtualAuthenticator", { options })).authenticatorId;
}

/** What the authenticator holds, to be plugged in again later. */
async function held(who) {
  return (await who.dev.send("WebAuthn.getCredentials", { authenticatorId: who.key })).credentials;
}

async function hold(who, credentials) {
  await plug(who);
  for (const credential of credentials) await who.dev.send("WebAuthn.addCredential", { authenticatorId: who.key, credential });
}

const inbox = (page) => page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
const confirm = (page) => page.getByRole("heading", { name: "Confirm that it is you" }).waitFor();
const alert = (page, words) => page.getByRole("alert").getByText(words).waitFor();

async function signOut(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You have signed out").waitFor();
}

async function toKey(page) {
  await page.getByRole("button", { name: "Use a security key or passkey" }).click();
  await page.getByRole("heading", { name: "Use a security key or passkey" }).waitFor();
}

async function ask(page) {
  await page.getByRole("button", { name: "Continue with your key" }).click();
}

async function stepUp(page, user) {
  await confirm(page);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByLabel("One-time code").fill(await code(user.totp_secret));
  await page.getByRole("button", { name: "Continue", exact: true }).click();
}

/** At an address to which no key is bound. */
async function elsewhere() {
  const { visit, page } = await visitor();
  await page.goto(`${demo.portal}/sign-in`);
  assert.equal(await page.getByRole("link", { name: site }).getAttribute("href"), here("/sign-in"));
  await look(page, "sign-in-keys-elsewhere", scripted);
  await visit.close();
}

async function adds(ann) {
  const { page } = ann;
  await page.goto(here("/sign-in"));
  await look(page, "sign-in-keys", scripted);
  await signIn(page, officer);
  await inbox(page);
  await page.getByRole("link", { name: "Your sessions" }).click();
  await page.getByRole("link", { name: "How you sign in" }).click();
  await page.getByText("You have no security key or passkey").waitFor();
  await look(page, "security-empty", scripted);

  // She is asked once more who she is.
  await clock({ advance: "PT6M" });
  await page.getByRole("button", { name: "Add a security key or passkey" }).click();
  assert.equal(await page.getByRole("button", { name: "Use a security key" }).count(), 0, "she has none yet");
  await stepUp(page, officer);
  await page.getByRole("heading", { name: "Add a security key or passkey" }).waitFor();
  assert.equal(page.url(), here("/security/keys/new"));
  await look(page, "key-add", scripted);
  await page.getByRole("button", { name: "Set up this key" }).click();
  await alert(page, "Enter a name for the key");
  assert.match(await page.title(), /^Error: /);
  await look(page, "key-add-error", scripted);

  // A key without a PIN is of no use here.
  await plug(ann, { hasUserVerification: false, isUserVerified: false });
  await page.getByLabel("Name of this key").fill("Blue key");
  await page.getByRole("button", { name: "Set up this key" }).click();
  await page.locator("[data-portal-said]").getByText("has no PIN and cannot check").waitFor();
  await look(page, "key-add-refused", scripted);
  await plug(ann);
  await page.getByRole("button", { name: "Set up this key" }).click();
  await alert(page, "The key is set up");
  await page.getByText("Not used yet").waitFor();
  await look(page, "security-key", scripted);
  ann.credentials = await held(ann);
  assert.equal(ann.credentials.length, 1);
  assert.ok(ann.credentials[0].isResidentCredential && ann.credentials[0].rpId === "localhost");

  // The same key once more.
  await page.goto(here("/security/keys/new"));
  await page.getByLabel("Name of this key").fill("Blue key again");
  await page.getByRole("button", { name: "Set up this key" }).click();
  await page.locator("[data-portal-said]").getByText("set up here already").waitFor();
}

async function signsIn(ann) {
  const { page } = ann;
  await signOut(page);
  // The key alone, and on to where she was going.
  await page.goto(here("/security"));
  await toKey(page);
  await look(page, "key", scripted);
  await ask(page);
  await page.getByRole("heading", { name: "How you sign in" }).waitFor();
  await page.getByText("Last used").waitFor();
  ann.credentials = await held(ann);

  // An authenticator that holds nothing for this service, and one whose key nobody knows.
  await signOut(page);
  await toKey(page);
  await plug(ann);
  await ask(page);
  await page.locator("[data-portal-said]").getByText("The key did not answer").waitFor();
  await look(page, "key-silent", scripted);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await hold(ann, [{ ...ann.credentials[0], credentialId: Buffer.alloc(32, 7).toString("base64"),
                     privateKey: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64") }]);
  await ask(page);
  await alert(page, "This did not sign you in");
  assert.match(await page.title(), /^Error: /);
  await look(page, "key-refused", scripted);
  await hold(ann, ann.credentials);
  await ask(page);
  await inbox(page);
  ann.credentials = await held(ann);
}

/** In place of the code, after a password. */
async function secondFactor(ann) {
  const { page } = ann;
  const instead = page.getByRole("button", { name: "use a key in place of the code" });
  await signOut(page);
  await instead.click();
  await alert(page, "Enter your password");
  assert.equal(await page.getByRole("alert").getByText("Enter the 6-digit code").count(), 0);
  for (const [password, welcome] of [["not her password", false], [officer.password, true]]) {
    await page.goto(here("/sign-in"));
    await page.getByLabel("Email address").fill(officer.email);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await instead.click();
    await page.getByRole("heading", { name: "Use a security key or passkey" }).waitFor();
    await ask(page);
    await (welcome ? inbox(page) : alert(page, "This did not sign you in"));
  }
  // Enter in a field signs in as ever.
  await signOut(page);
  await page.getByLabel("Email address").fill(officer.email);
  await page.getByLabel("Password", { exact: true }).fill(officer.password);
  await page.getByLabel("One-time code").fill(await code(officer.totp_secret));
  await page.getByLabel("One-time code").press("Enter");
  await inbox(page);
}

async function provesAgain(ann) {
  const { page } = ann;
  await clock({ advance: "PT6M" });
  await page.goto(here("/security/keys/new"));
  await confirm(page);
  await look(page, "again-keys", scripted);
  await page.getByRole("button", { name: "Use a security key or passkey" }).click();
  await page.getByRole("heading", { name: "Confirm with your key" }).waitFor();
  await look(page, "again-key", scripted);
  const credentials = await held(ann);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await hold(ann, [{ ...credentials[0], privateKey: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64") }]);
  await ask(page);
  await alert(page, "This did not");
  await look(page, "again-key-refused", scripted);
  await hold(ann, credentials);
  await ask(page);
  await page.getByRole("heading", { name: "Add a security key or passkey" }).waitFor();
  ann.credentials = await held(ann);
}

async function removes(ann) {
  const { page } = ann;
  await plug(ann);
  await page.getByLabel("Name of this key").fill("Spare in the drawer");
  await page.getByRole("button", { name: "Set up this key" }).click();
  await alert(page, "The key is set up");
  const spare = await held(ann);
  await look(page, "security-keys", scripted);
  await page.getByRole("link", { name: "Remove Spare in the drawer" }).click();
  await page.getByRole("heading", { name: "Remove Spare in the drawer" }).waitFor();
  await look(page, "key-remove", scripted);
  await page.getByRole("button", { name: "Remove this key" }).click();
  await alert(page, "The key is removed");
  assert.equal(await page.getByText("Spare in the drawer").count(), 0);
  await signOut(page);
  await toKey(page);
  await hold(ann, spare);
  await ask(page);
  await alert(page, "This did not sign you in");
  await hold(ann, ann.credentials);
  await ask(page);
  await inbox(page);
}

/** The link in the newest mail to an address. */
async function link(address, before = []) {
  for (let tries = 0; tries < 100; tries += 1) {
    for (const name of readdirSync(join(folder, "mail")).filter((name) => name.endsWith(".eml"))) {
      const mail = readFileSync(join(folder, "mail", name), "latin1").replace(/=\r?\n/g, "").replace(/=3D/g, "=");
      const token = mail.match(/\/join\/[A-Za-z0-9_-]{43}/);
      if (token && mail.includes(address) && !before.includes(token[0])) return token[0];
    }
    await wait(100);
  }
  return assert.fail(`no mail with a link to ${address}`);
}

async function joins(beth) {
  const address = `k.newcomer@${spoc.email.split("@")[1]}`;
  await beth.page.goto(here("/sign-in"));
  await signIn(beth.page, spoc);
  await inbox(beth.page);
  await beth.page.goto(here("/agency/people/invite"));
  await beth.page.getByLabel("Full name").fill("Kim Newcomer");
  await beth.page.getByLabel("Work email address").fill(address);
  await beth.page.getByLabel("Practitioner", { exact: true }).check();
  await beth.page.getByRole("button", { name: "Send the invitation" }).click();
  await beth.page.getByText("The invitation is on its way by mail").waitFor();

  const kim = await visitor();
  const { page } = kim;
  const token = await link(address);
  const withKey = page.getByRole("button", { name: "Use a security key or passkey" });
  await plug(kim);
  await page.goto(here(token));
  await look(page, "join-keys", scripted);
  await page.getByLabel("New password", { exact: true }).fill("password1234");
  await withKey.click();
  await alert(page, "guessed first");
  assert.equal(await page.getByRole("alert").getByText("6-digit").count(), 0);
  await page.getByLabel("New password", { exact: true }).fill("kettle-orbit-mango");
  await withKey.click();
  await page.getByRole("heading", { name: "Set up a security key or passkey" }).waitFor();
  await look(page, "join-key", scripted);
  // It took too long: she begins again.
  await clock({ advance: "PT5M" });
  await page.getByRole("button", { name: "Set up this key" }).click();
  await alert(page, "The key was not set up");
  await look(page, "join-key-error", scripted);
  await page.getByLabel("New password", { exact: true }).fill("kettle-orbit-mango");
  await withKey.click();
  await page.getByRole("button", { name: "Set up this key" }).click();
  await page.getByText("You are set up. Sign in with your key").waitFor();
  await look(page, "set-up-key", scripted);
  assert.equal((await held(kim)).length, 1, "what was not taken is not left behind on the key");
  await toKey(page);
  await ask(page);
  await inbox(page);
  await page.goto(here("/security"));
  await page.getByText("This is your only one").waitFor();
  assert.equal(await page.getByRole("link", { name: /^Remove/ }).count(), 0);
  await look(page, "security-only", scripted);
  await clock({ advance: "PT6M" });
  await page.goto(here("/security/keys/new"));
  await confirm(page);
  assert.equal(await page.getByLabel("One-time code").count(), 0, "she has no codes");
  await look(page, "again-key-only", scripted);
  kim.address = address;
  kim.link = token;
  return kim;
}

/** Who joined by a key alone sets up an app beside it; it counts once a code was entered. */
async function addsApp(kim) {
  const { page } = kim;
  await page.goto(here("/security"));
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  await confirm(page);
  await page.getByRole("button", { name: "Use a security key or passkey" }).click();
  await page.getByRole("heading", { name: "Confirm with your key" }).waitFor();
  await ask(page);
  await page.getByRole("heading", { name: "Set up an authenticator app" }).waitFor();
  assert.equal(page.url(), here("/security/app/new"));
  await page.getByRole("img", { name: "QR code for your authenticator app" }).waitFor();
  await look(page, "app-add", scripted);
  const secret = (await page.locator(".portal-key").innerText()).replaceAll(" ", "");
  await page.getByLabel("One-time code").fill("12345");
  await page.getByRole("button", { name: "Continue" }).click();
  await alert(page, "Enter the 6-digit code that your app shows now");
  assert.match(await page.title(), /^Error: /);
  assert.equal((await page.locator(".portal-key").innerText()).replaceAll(" ", ""), secret, "it need not be scanned again");
  await look(page, "app-add-error", scripted);
  await page.getByLabel("One-time code").fill(await code(secret));
  await page.getByRole("button", { name: "Continue" }).click();
  await alert(page, "The authenticator app is set up");
  await look(page, "security-app", scripted);
  assert.equal(await page.getByRole("button", { name: "Set up an authenticator app" }).count(), 0);
  await page.goto(here("/security/app/new"));
  assert.equal(page.url(), here("/security"), "there is one already");
  await signOut(page);
  await signIn(page, { email: kim.address, password: "kettle-orbit-mango", totp_secret: secret });
  await inbox(page);
}

/** A reset by the single point of contact ends her key at once, and another is set up. */
async function isReset(beth, kim) {
  await beth.page.goto(here("/agency/people"));
  await beth.page.getByRole("link", { name: "Kim Newcomer" }).click();
  const address = beth.page.url();
  await beth.page.goto(`${address}/reset`);
  if (await beth.page.getByRole("heading", { name: "Confirm that it is you" }).count()) await stepUp(beth.page, spoc);
  await beth.page.getByLabel("The authenticator app or security key", { exact: true }).check();
  await beth.page.getByLabel("How did you check").fill("She stood at my desk with her badge");
  await beth.page.getByRole("button", { name: "Reset and send a link" }).click();
  await beth.page.getByText("a link to set it up again is on its way").waitFor();
  const { page } = kim;
  await page.goto(here("/inbox"));
  assert.match(page.url(), /\/sign-in/);
  await toKey(page);
  await ask(page);
  await alert(page, "This did not sign you in");
  await page.goto(here(await link(kim.address, [kim.link])));
  await page.getByLabel("Your password", { exact: true }).fill("kettle-orbit-mango");
  await page.getByRole("button", { name: "Use a security key or passkey" }).click();
  await plug(kim);
  await page.getByRole("button", { name: "Set up this key" }).click();
  await page.getByText("You are set up. Sign in with your key").waitFor();
  await toKey(page);
  await ask(page);
  await inbox(page);
}

/** What is mailed to whoever added and removed a key, or added an app. */
async function mailed(address, wanted) {
  for (let tries = 0; tries < 100; tries += 1) {
    const mails = readdirSync(join(folder, "mail")).filter((name) => name.endsWith(".eml")).map((name) => readFileSync(join(folder, "mail", name), "latin1"));
    const hers = mails.filter((mail) => mail.includes(address));
    if (wanted.every((subject) => hers.some((mail) => mail.includes(subject)))) return;
    await wait(100);
  }
  assert.fail(`no mail to ${address} says: ${wanted}`);
}

/** The coordinator sees that she was told. */
async function told() {
  const { visit, page } = await visitor();
  await page.goto(here("/sign-in"));
  await signIn(page, person("london-coordination", "coordinator"));
  await inbox(page);
  await page.getByRole("link", { name: "Notices" }).click();
  await page.getByRole("heading", { name: "Notices" }).waitFor();
  const text = await page.locator("main").innerText();
  for (const words of [`${officer.name} of `, "added a security key to how they sign in.", "removed a security key from how they sign in.",
                       "Kim Newcomer of ", "added an authenticator app to how they sign in."]) {
    assert.ok(text.includes(words), `${words} is not in: ${text}`);
  }
  await visit.close();
}

/** Without scripts it is said that a key needs them, and what to do; and codes do as ever. */
async function plainly() {
  const { visit, page } = await visitor();
  await page.goto(here("/sign-in"));
  await look(page, "sign-in-keys", scripted);
  await toKey(page);
  await page.getByText("this browser does not run scripts here. Sign in with your password and a code").waitFor();
  assert.equal(await page.getByRole("button", { name: "Continue with your key" }).count(), 0);
  await look(page, "key", scripted);
  await page.getByRole("link", { name: "Sign in with your password and a code" }).click();
  await signIn(page, officer);
  await inbox(page);
  await page.goto(here("/security/keys/new"));
  await page.getByText("this browser does not run scripts here. Keep using your authenticator app").waitFor();
  await look(page, "key-add", scripted);
  await visit.close();
}

try {
  await elsewhere();
  if (scripted) {
    const [ann, beth] = [await visitor(), await visitor()];
    await adds(ann);
    await signsIn(ann);
    await secondFactor(ann);
    await provesAgain(ann);
    await removes(ann);
    const kim = await joins(beth);
    await addsApp(kim);
    await isReset(beth, kim);
    await told();
    await mailed(officer.email, ["Subject: A security key was added", "Subject: A security key was removed"]);
    await mailed(kim.address, ["Subject: An authenticator app was added"]);
    for (const who of [ann, beth, kim]) {
      assert.deepEqual(who.complaints.filter((words) => !/status of 4\d\d/.test(words)), []);
    }
  } else {
    await plainly();
  }
  assert.deepEqual(found, []);
  console.log("keys hold");
} finally {
  await browser.close();
}
