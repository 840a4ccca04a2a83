// Compares `hanok read --json` with two independent readers, kordoc and @rhwp/core, on every HWP and HWPX file below a folder.
//   mkdir readers && cd readers && npm install kordoc @rhwp/core
//   node PROJECT/tools/compare_documents.mjs HANOK FOLDER        (run in the folder with node_modules)
// Prints, per file: similarity of the text to each reader (1 - edit distance / length, white space and Markdown folded),
// pages of all three, and tables whose cells differ from kordoc's. Exit 1 if some file is below 0.98 to both readers.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [hanok, folder] = process.argv.slice(2);
const require = createRequire(path.join(process.cwd(), "package.json"));
const load = (name, file) => import(pathToFileURL(path.join(process.cwd(), "node_modules", name, file)).href);
const packageOf = (name) => JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`, "utf8"));
const { parse } = await import(pathToFileURL(require.resolve("kordoc")).href);
const rhwp = await load("@rhwp/core", packageOf("@rhwp/core").module ?? packageOf("@rhwp/core").main);
await rhwp.default({ module_or_path: fs.readFileSync("node_modules/@rhwp/core/rhwp_bg.wasm") });

const fold = (text) => text.replace(/\s+/gu, "");

function distance(a, b) {
  if (a.length < b.length) [a, b] = [b, a];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; ++i) {
    const next = [i + 1];
    for (let j = 0; j < b.length; ++j) next.push(Math.min(row[j] + (a[i] !== b[j]), row[j + 1] + 1, next[j] + 1));
    row = next;
  }
  return row[b.length];
}

function similarity(a, b) {
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 1 : 1 - distance([...a], [...b]) / longest;
}

const kordocCells = (block) => block.table.cells.flat().map((cell) => fold(cell.text));
const ownCells = (block) => block.table.cells.map((cell) => fold(cell.text));

function kordocText(result) {
  const text = result.markdown.replace(/!\[image\]\([^)]*\)/g, "").replace(/^#+ |<[^>]+>|--- \||\|/gm, "");
  return fold(text.replace(/\\([^\w\s])/g, "$1"));
}

function files(at) {
  return fs.readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(at, entry.name);
    return entry.isDirectory() ? files(name) : /\.hwpx?$/i.test(name) ? [name] : [];
  });
}

let nBelow = 0;
for (const name of files(folder).sort()) {
  const bytes = fs.readFileSync(name);
  const own = JSON.parse(execFileSync(hanok, ["read", name, "--json"], { maxBuffer: 1 << 30 }));
  const text = fold(own.text);
  const other = await parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const toKordoc = other.success ? similarity(text, kordocText(other)) : NaN;
  let toRhwp = NaN, rhwpPages = NaN;
  try {
    const document = new rhwp.HwpDocument(new Uint8Array(bytes));
    toRhwp = similarity(text, fold(JSON.parse(document.getTextFileUnicode())));
    rhwpPages = document.pageCount();
  } catch (error) {
    console.log(`${path.basename(name)}: rhwp: ${error}`);
  }
  const ownTables = own.blocks.filter((block) => block.kind === "table").map(ownCells);
  const tables = (other.blocks ?? []).filter((block) => block.type === "table").map(kordocCells);
  // kordoc repeats an empty cell where a merged one reaches; ours are listed once.
  const filled = (cells) => cells.filter((cell) => cell !== "").join("\t");
  const nDiffering = ownTables.filter((cells, i) => tables[i] === undefined || filled(cells) !== filled(tables[i])).length;
  const isBelow = !(Math.max(toKordoc || 0, toRhwp || 0) >= 0.98);
  nBelow += isBelow ? 1 : 0;
  console.log(
    `${isBelow ? "BELOW " : "      "}${path.basename(name)}: kordoc ${toKordoc.toFixed(3)}, rhwp ${toRhwp.toFixed(3)}; pages ` +
      `${own.n_pages}/${other.pageCount}/${rhwpPages}; tables ${ownTables.length}/${tables.length}, ${nDiffering} differ`,
  );
}
process.exit(nBelow > 0 ? 1 : 0);
