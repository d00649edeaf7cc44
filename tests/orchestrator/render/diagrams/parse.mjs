// Reads a JSON list of diagrams on standard input and writes a JSON list of what mermaid's parser says of each: "" or its error.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

// The parser cleans labels with the help of a page.
const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import("mermaid");

const said = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  said.push(await mermaid.parse(text).then(() => "", String));
}
process.stdout.write(JSON.stringify(said));
