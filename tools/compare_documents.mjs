// Compares `hanok read --json` with two independent readers, kordoc and @rhwp/core, on every document below a folder.
//   node PROJECT/tools/compare_documents.mjs HANOK FOLDER [READ_BY_EYE]       (run in the folder with node_modules)
// A document passes when its text is at least 0.98 like the nearer reader's (1 - edit distance / length, white space and
// Markdown folded) and its tables are kordoc's, cell by cell with their spans. READ_BY_EYE, a JSON file, names those where
// the readers differ and a person decided: such a one passes only with exactly that text and those tables.
// $HANOK_DOCUMENT_PASSWORD opens what is locked. Exit 1 if some document fails.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const kEnough = 0.98;
const kKinds = /\.(hwpx?|hml|docx|xlsx|pdf)$/i;

const [hanok, folder, byEyeFile] = process.argv.slice(2);
const packageOf = (name) => JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`, "utf8"));
// The module, not what require() finds: from that one kordoc cannot load its reader of PDF in Node.js 18.
const load = (name) => import(pathToFileURL(
  path.join(process.cwd(), "node_modules", name, packageOf(name).module ?? packageOf(name).main)).href);
const { parse } = await load("kordoc");
const rhwp = await load("@rhwp/core");
await rhwp.default({ module_or_path: fs.readFileSync("node_modules/@rhwp/core/rhwp_bg.wasm") });
const byEye = byEyeFile ? JSON.parse(fs.readFileSync(byEyeFile, "utf8")) : {};

const fold = (text) => text.normalize("NFC").replace(/\s+/gu, "");

function distance(a, b) {
  let begin = 0, aEnd = a.length, bEnd = b.length;
  while (begin < aEnd && begin < bEnd && a[begin] === b[begin]) ++begin;
  while (aEnd > begin && bEnd > begin && a[aEnd - 1] === b[bEnd - 1]) --aEnd, --bEnd;
  const row = Uint32Array.from({ length: bEnd - begin + 1 }, (_, i) => i);
  for (let i = begin; i < aEnd; ++i) {
    let diagonal = row[0];
    row[0] = i - begin + 1;
    for (let j = begin; j < bEnd; ++j) {
      const at = j - begin + 1;
      const cost = Math.min(diagonal + (a[i] !== b[j]), row[at] + 1, row[at - 1] + 1);
      diagonal = row[at];
      row[at] = cost;
    }
  }
  return row[row.length - 1];
}

function similarity(a, b) {
  const from = [...a], to = [...b];
  const longest = Math.max(from.length, to.length);
  return longest === 0 ? 1 : 1 - distance(from, to) / longest;
}

// A table as rows of cells, each its folded text with its spans; where a merged cell reaches, nothing.
function grid(nRows, nColumns, cells) {
  const rows = Array.from({ length: nRows }, () => Array(nColumns).fill(""));
  for (const { row, column, rowSpan, columnSpan, text } of cells) {
    const span = rowSpan > 1 || columnSpan > 1 ? `[${rowSpan}x${columnSpan}]` : "";
    rows[row][column] = span + fold(text);
  }
  return rows;
}

function ownTables(blocks) {
  return blocks.filter((block) => block.kind === "table").flatMap(({ table }) => [
    grid(table.n_rows, table.n_columns, table.cells.map((cell) =>
      ({ row: cell.row, column: cell.column, rowSpan: cell.row_span, columnSpan: cell.column_span, text: cell.text }))),
    ...table.cells.flatMap((cell) => ownTables(cell.blocks)),
  ]);
}

// A cell with tables inside, as its parts say it: its own text parts them by strokes.
function kordocCellText(cell) {
  if (!cell.blocks) return cell.text;
  return cell.blocks.map((block) => block.table ? block.table.cells.flat().map(kordocCellText).join(" ")
                                                : block.text ?? "").join(" ");
}

function kordocTables(blocks) {
  return (blocks ?? []).filter((block) => block.type === "table").flatMap(({ table }) => [
    grid(table.rows, table.cols, table.cells.flatMap((cells, row) => cells.map((cell, column) =>
      ({ row, column, rowSpan: cell.rowSpan, columnSpan: cell.colSpan, text: kordocCellText(cell) })))),
    ...table.cells.flat().flatMap((cell) => kordocTables(cell.blocks)),
  ]);
}

function tableDifferences(own, other) {
  const said = own.length === other.length ? [] : [`${own.length} tables, kordoc ${other.length}`];
  for (let i = 0; i < Math.min(own.length, other.length); ++i) {
    for (let row = 0; row < Math.max(own[i].length, other[i].length); ++row) {
      const [a, b] = [own[i][row] ?? [], other[i][row] ?? []];
      for (let column = 0; column < Math.max(a.length, b.length); ++column)
        if (a[column] !== b[column])
          said.push(`table ${i + 1} row ${row + 1} column ${column + 1}: ` +
                    `${JSON.stringify(a[column])}, kordoc ${JSON.stringify(b[column])}`);
    }
  }
  return said;
}

// kordoc writes notes behind their paragraph in brackets, with the numbers that call them.
function withoutNoteMarks(markdown, blocks) {
  for (const { text, footnoteText } of (blocks ?? []).filter((block) => block.footnoteText)) {
    const notes = footnoteText.split("; ").map((each) => each.replace(/^\d+\)\s*/, "")).join(" ");
    markdown = markdown.replace(`${text} (주: ${footnoteText})`, () => `${text.replace(/(\d+\))+$/, "")} ${notes}`);
  }
  return markdown;
}

function kordocText(result) {
  const text = withoutNoteMarks(result.markdown, result.blocks).replace(/!\[image\]\([^)]*\)/g, "")
    .replace(/^#+ |<\/?(table|tr|t[hd]|br|u|su[bp])\b[^>]*>|--- \||\||\*\*/gm, "");
  return fold(text.replace(/\\([^A-Za-z0-9\s])/g, "$1"));
}

// What runs without its writing on the console: kordoc's reader of PDF warns that it cannot draw.
async function silently(work) {
  const said = { ...console };
  console.log = console.warn = console.error = () => {};
  try {
    return await work();
  } finally {
    Object.assign(console, said);
  }
}

const password = process.env.HANOK_DOCUMENT_PASSWORD;

async function readByKordoc(bytes) {
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const result = await silently(() => parse(copy, { password, keepTrailingEmptyCols: true }));
  if (!result.success) return { error: result.error ?? "no reason given" };
  return { text: kordocText(result), tables: kordocTables(result.blocks), nPages: result.pageCount };
}

function readByRhwp(bytes) {
  try {
    const document = new rhwp.HwpDocument(new Uint8Array(bytes));
    return { text: fold(JSON.parse(document.getTextFileUnicode())), nPages: document.pageCount() };
  } catch (error) {
    return { error: String(error) };
  }
}

async function compare(name) {
  const bytes = fs.readFileSync(name);
  const own = JSON.parse(execFileSync(hanok, ["read", name, "--json"], { maxBuffer: 1 << 30 }));
  const text = fold(own.text), tables = ownTables(own.blocks);
  const kordoc = await readByKordoc(bytes);
  const rhwp = readByRhwp(bytes);
  const likeness = [kordoc, rhwp].map((other) => (other.error ? NaN : similarity(text, other.text)));
  const nearer = Math.max(...likeness.map((value) => value || 0));
  const differences = tableDifferences(tables, kordoc.tables ?? []);
  return { own, tables, kordoc, rhwp, likeness, differences, agrees: nearer >= kEnough && differences.length === 0 };
}

function verdict(result, expected) {
  if (!expected) return result.agrees ? "" : "FAILS";
  if (result.agrees) return "FAILS: agrees with a reader, so need not be read by eye";
  const isThat = result.own.text === expected.text &&
                 (!expected.tables || JSON.stringify(result.tables) === JSON.stringify(expected.tables));
  return isThat ? "as read by eye" : "FAILS: not as read by eye";
}

function files(at) {
  return fs.readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(at, entry.name);
    return entry.isDirectory() ? files(name) : kKinds.test(name) ? [name] : [];
  });
}

const seen = new Set();
const counts = { agree: 0, byEye: 0, fail: 0 };
for (const name of files(folder).sort()) {
  const result = await compare(name);
  const expected = byEye[path.basename(name)];
  seen.add(path.basename(name));
  const said = verdict(result, expected);
  ++counts[said.startsWith("FAILS") ? "fail" : said ? "byEye" : "agree"];
  const [toKordoc, toRhwp] = result.likeness.map((value) => Number.isNaN(value) ? "cannot" : value.toFixed(3));
  const pages = [result.own.n_pages, result.kordoc.nPages, result.rhwp.nPages].map((n) => n || "-").join("/");
  console.log(`${path.basename(name)}: kordoc ${toKordoc}, rhwp ${toRhwp}; pages ${pages}; ` +
              `tables ${result.tables.length}${said && ` ${said}`}`);
  if (!said) continue;
  for (const line of result.differences) console.log(`    ${line}`);
  if (said.startsWith("FAILS")) {
    console.log(`    own    ${JSON.stringify(result.own.text)}`);
    for (const [reader, other] of [["kordoc", result.kordoc], ["rhwp  ", result.rhwp]])
      console.log(`    ${reader} ${JSON.stringify(other.error ?? other.text)}`);
  } else {
    console.log(`    ${expected.why}`);
  }
}
for (const name of Object.keys(byEye)) {
  if (seen.has(name)) continue;
  console.log(`${name}: FAILS: read by eye, but not there`);
  ++counts.fail;
}
const nFiles = counts.agree + counts.byEye + counts.fail;
console.log(`${nFiles} documents: ${counts.agree} agree, ${counts.byEye} as read by eye, ${counts.fail} fail ` +
            `(kordoc ${packageOf("kordoc").version}, @rhwp/core ${packageOf("@rhwp/core").version})`);
if (nFiles === 0) console.log("no documents there");
process.exit(nFiles > 0 && counts.fail === 0 ? 0 : 1);
