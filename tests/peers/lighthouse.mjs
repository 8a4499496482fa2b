// Lighthouse, by its npm package, over pages of the portal: in a Chromium of its own, which it
// speaks with by the debugging port. Nothing leaves the machine.
import { createServer } from "node:net";
import lighthouse from "lighthouse";
import { chromium } from "playwright-core";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** What Lighthouse finds of a page as on a slow phone: scores of 100, and what cost them. */
async function audit(port, address, cookie) {
  const { lhr } = await lighthouse(address, {
    port, logLevel: "error", disableStorageReset: true, emulatedUserAgent: false, extraHeaders: cookie ? { Cookie: cookie } : undefined,
    onlyCategories: ["accessibility", "best-practices", "performance"] });
  if (lhr.runtimeError) throw new Error(`${address}: ${lhr.runtimeError.message}`);
  const categories = Object.values(lhr.categories);
  const lost = (category) => category.auditRefs.map((one) => lhr.audits[one.id]).filter((one) => one.score !== null && one.score < 1);
  return {
    address: lhr.finalDisplayedUrl,
    scores: Object.fromEntries(categories.map((category) => [category.id, Math.round(category.score * 100)])),
    // How much of the page jumps while it loads: up to 0.1 is taken for good.
    shift: lhr.audits["cumulative-layout-shift"].numericValue,
    lost: Object.fromEntries(categories.map((category) => [category.id, lost(category).map((one) => [one.id, one.displayValue ?? one.title, one.details?.items])])),
  };
}

/** Audits pages, each an address and perhaps a cookie, one after another. */
export async function audits(pages) {
  const port = await freePort();
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--ignore-certificate-errors", `--remote-debugging-port=${port}`] });
  try {
    const found = [];
    for (const [address, cookie] of pages) found.push(await audit(port, address, cookie));
    return found;
  } finally {
    await browser.close();
  }
}
