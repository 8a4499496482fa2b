// Two officers of a prison set up a security key each, and one of them signs in with it: so that
// the log covers keys.
//
// usage: node two_keys.mjs DEMO_DIR
import { browser, context, demo, person, signIn } from "./portal.mjs";

const site = demo.portal.replace("127.0.0.1", "localhost");
try {
  for (const [role, used] of [["manager", true], ["spoc", false]]) {
    const [visit] = await context(true);
    const page = await visit.newPage();
    const dev = await visit.newCDPSession(page);
    await dev.send("WebAuthn.enable");
    const options = { protocol: "ctap2", transport: "usb", hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
    await dev.send("WebAuthn.addVirtualAuthenticator", { options });
    await page.goto(`${site}/sign-in?next=/security/keys/new`);
    await signIn(page, person("hmp-northgate", role));
    await page.getByLabel("Name of this key").fill("Blue key");
    await page.getByRole("button", { name: "Set up this key" }).click();
    await page.getByText("The key is set up").waitFor();
    if (used) {
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("button", { name: "Use a security key or passkey" }).click();
      await page.getByRole("button", { name: "Continue with your key" }).click();
      await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
    }
    await visit.close();
  }
} finally {
  await browser.close();
}
