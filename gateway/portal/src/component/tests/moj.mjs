// Renders MOJ Frontend's own macros, which come without fixtures, for the tests beside this:
//   npm install nunjucks@3 (anywhere), then
//   NODE_PATH=that/node_modules node moj.mjs PORTAL/node_modules > moj.json
import { createRequire } from "node:module";
import { join } from "node:path";

const nunjucks = createRequire(join(process.env.NODE_PATH, "here.js"))("nunjucks");
const modules = process.argv[2];
const view = new nunjucks.Environment(
  new nunjucks.FileSystemLoader([join(modules, "govuk-frontend/dist"), join(modules, "@ministryofjustice/frontend")]), { autoescape: true });
// The words of a time are the page's own.
view.addFilter("mojDate", (at) => `at ${at}`);

const timeline = {
  one: { items: [{ label: { text: "Application <received>" }, text: "It was received.", datetime: { timestamp: "2019-06-05T10:45:00.000Z", type: "datetime" } }] },
  several: { headingLevel: 3, classes: "extra", items: [
    { label: { text: "Confirmed" }, html: "<p>Words</p>", byline: { text: "Joe & Bloggs" }, datetime: { timestamp: "2019-06-14T14:01:00.000Z", type: "datetime" } },
    { label: { text: "Begun" }, html: "<ul><li>a</li></ul>", datetime: { timestamp: "2019-06-07T12:32:00.000Z", type: "datetime" } }] },
};
const filter = {
  plain: { heading: { text: "Filter" }, optionsHtml: "<p>Fields</p>" },
  selected: { heading: { text: "Filter" }, submit: { text: "Show" }, optionsHtml: "<p>Fields</p>", selectedFilters: {
    heading: { text: "Selected filters" }, clearLink: { text: "Clear filters", href: "/all" },
    categories: [{ heading: { text: "Kind" }, items: [{ href: "/a?b=c&d=e", text: "Read" }, { href: "/f", text: "Sent" }] },
                 { heading: { text: "Agency" }, items: [{ href: "/g", text: "Police" }] }] } },
};
const rendered = (name, macro, cases) => Object.entries(cases).map(([words, options]) => ({
  name: words, options,
  html: view.renderString(`{% from "moj/components/${name}/macro.njk" import ${macro} %}{{ ${macro}(options) }}`, { options }),
}));
console.log(JSON.stringify({ timeline: rendered("timeline", "mojTimeline", timeline), filter: rendered("filter", "mojFilter", filter) }, null, 1));
