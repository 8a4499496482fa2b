// What the stories about forms share: whoever fills one in, and how a field is answered.
import assert from "node:assert/strict";
import { context, demo, scripted as script, signIn } from "./portal.mjs";

export async function begin(user) {
  const [visit, complaints] = await context(script);
  const page = await visit.newPage();
  await page.goto(`${demo.portal}/sign-in`);
  await signIn(page, user);
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  return { visit, page, complaints };
}

export async function end({ visit, complaints }) {
  assert.deepEqual(complaints.filter((words) => !/status of 4\d\d/.test(words)), []);
  await visit.close();
}

export const heading = (page, name) => page.getByRole("heading", { name, level: 1 }).waitFor();
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
/** A task's state, as it is read out with it. */
export const state = async (page, task) => {
  const row = page.locator("li.govuk-task-list__item").filter({ has: page.getByRole("link", { name: task, exact: true }) });
  return (await row.innerText()).replace(/\s+/g, " ").trim();
};
export const section = async (page, name) => {
  await page.getByRole("main").getByRole("link", { name, exact: true }).click();
  await heading(page, name);
};

/** Answers a field by its label, whatever it is. */
export async function answer(page, label, value) {
  const named = new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}( \\(optional\\))?\\s*$`);
  if (Array.isArray(value)) {
    const date = page.getByRole("group", { name: named });
    for (const [n, part] of ["Day", "Month", "Year"].entries()) await date.getByLabel(part).fill(value[n]);
    return;
  }
  const radios = page.getByRole("group", { name: named }).getByLabel(value, { exact: true });
  if (await radios.count()) return radios.check();
  const field = page.getByLabel(named);
  const list = await field.evaluate((one) => one.tagName === "SELECT");
  return list ? field.selectOption({ label: value }) : field.fill(value);
}

export async function fill(page, name, answers) {
  await section(page, name);
  for (const [label, value] of Object.entries(answers)) await answer(page, label, value);
  await press(page, "Save and continue");
}

/** Says that there are none, on each table's page that comes next. */
export async function none(page, ...tables) {
  for (const [table, words] of tables) {
    await heading(page, table);
    await page.getByLabel(words, { exact: true }).check();
    await press(page, "Save and continue");
  }
}
