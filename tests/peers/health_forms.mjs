// What the stories about health information requests share: a request, section by section.
import assert from "node:assert/strict";
import { answer, fill, press, section } from "./form_pages.mjs";
import { look, scripted as script } from "./portal.mjs";

/** Fills in a request that is begun from the person's record. */
export async function fillRequest(page, nominal, questions) {
  await fill(page, "Who asks", { Name: "Sam Specimen", Role: "Offender manager", Telephone: "01632 960001" });
  await section(page, "The person");
  assert.equal(await page.getByLabel("Full name").inputValue(), nominal.name, "as the record has it: the trust may not have the record");
  await answer(page, "Address", "1 Sample Street, Anytown");
  await look(page, "health-request-section", script);
  await press(page, "Save and continue");
  await fill(page, "MAPPA", { Category: "1, registered sexual offender", Level: "Level 2" });
  await section(page, "MAPPA");
  await page.getByLabel("Lead agency").selectOption({ index: 1 });
  await press(page, "Save and continue");
  await fill(page, "Why it is needed", {
    "Who is at risk of serious harm, and of what": "A former partner: assault",
    "Why health information is needed now": "Three appointments were missed.",
    "What it serves": "How the risk is managed",
    "The decision that waits for it": "Where the person may live",
    "Lawful bases": "CJA 2003 s.325",
  });
  await section(page, "Questions");
  for (const question of questions) await page.getByLabel(question, { exact: true }).check();
  await press(page, "Save and continue");
  await fill(page, "Consent", { "The person's consent": "Not asked for" });
  await section(page, "Consent");
  await answer(page, "Why it was not asked for", "It would put somebody in danger");
  await press(page, "Save and continue");
  await fill(page, "How it is answered and kept", {
    "How soon": "By the level of the case",
    "Who will see the answer": "The meeting",
    "How long it is kept": "As long as the person is under MAPPA",
    "May the person be told of this request?": "Yes",
  });
}
