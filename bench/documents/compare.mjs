// Times two independent readers, kordoc and @rhwp/core, on the files of `document_bench --write`, in one warm process each as
// document_bench times ours, and all three as whole processes. All times are processor time of all threads (for those of
// node its compiler and collector too), so that what else runs on the machine does not count.
//   document_bench --write FOLDER
//   cd READERS (a folder with node_modules: npm install kordoc @rhwp/core)
//   node PROJECT/bench/documents/compare.mjs FOLDER HANOK DOCUMENT_BENCH [TIMES]
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(path.join(process.cwd(), "package.json"));
const packageOf = (name) => JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`, "utf8"));
const load = (name, file) => import(pathToFileURL(path.join(process.cwd(), "node_modules", name, file)).href);

async function kordocReader() {
  const { parse } = await import(pathToFileURL(require.resolve("kordoc")).href);
  return async (bytes) => {
    const result = await parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    if (!result.success) throw new Error(result.error);
    return result.markdown.length;
  };
}

async function rhwpReader() {
  const rhwp = await load("@rhwp/core", packageOf("@rhwp/core").module ?? packageOf("@rhwp/core").main);
  await rhwp.default({ module_or_path: fs.readFileSync("node_modules/@rhwp/core/rhwp_bg.wasm") });
  return async (bytes) => {
    const document = new rhwp.HwpDocument(new Uint8Array(bytes));
    const length = JSON.parse(document.getTextFileUnicode()).length;
    document.free();
    return length;
  };
}

const readers = { kordoc: kordocReader, rhwp: rhwpReader };
const median = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];
const used = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};
// Milliseconds of a whole process; the shell sums them.
function whole(command) {
  const run = spawnSync("sh", ["-c", '"$@" >/dev/null && times', "sh", ...command], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`${command[0]}: ${run.stderr}`);
  const times = run.stdout.trim().split("\n").pop().match(/(\d+)m([\d.]+)s/g);
  return times.reduce((sum, time) => {
    const [, minutes, seconds] = time.match(/(\d+)m([\d.]+)s/);
    return sum + 60000 * Number(minutes) + 1000 * Number(seconds);
  }, 0);
}
const shown = (all) => `least ${Math.min(...all).toFixed(1)} ms, median ${median(all).toFixed(1)} ms`;

if (process.argv[2] === "--one") {
  // One reader, one file, once: what a whole process takes.
  const read = await readers[process.argv[3]]();
  await read(fs.readFileSync(process.argv[4]));
  process.exit(0);
}

const [folder, hanok, bench, times = "10"] = process.argv.slice(2);
const hwpx = path.join(folder, "100pages.hwpx");
if (!fs.existsSync(hwpx)) {
  const { markdownToHwpx } = await import(pathToFileURL(require.resolve("kordoc")).href);
  fs.writeFileSync(hwpx, Buffer.from(await markdownToHwpx(fs.readFileSync(path.join(folder, "100pages.md"), "utf8"))));
}
for (const file of [path.join(folder, "100pages.hwp"), hwpx]) {
  console.log(`${path.basename(file)}, ${fs.statSync(file).size} bytes`);
  console.log(execFileSync(bench, [file, times], { encoding: "utf8" }).replace(/^/gm, "  hanok, warm: ").trimEnd());
  for (const [name, open] of Object.entries(readers)) {
    try {
      const read = await open();
      const bytes = fs.readFileSync(file);
      const all = [];
      let length = 0;
      for (let i = 0; i < Number(times); ++i) {
        const begin = process.cpuUsage();
        length = await read(bytes);
        all.push(used(begin));
      }
      console.log(`  ${name}, warm: ${length} characters; ${shown(all)}`);
    } catch (error) {
      console.log(`  ${name}: cannot read it: ${error}`);
      continue;
    }
    const all = [];
    for (let i = 0; i < Number(times); ++i) all.push(whole([process.execPath, process.argv[1], "--one", name, file]));
    console.log(`  ${name}, whole process: ${shown(all)}`);
  }
  const all = [];
  for (let i = 0; i < Number(times); ++i) all.push(whole([hanok, "read", file, "--json"]));
  console.log(`  hanok, whole process: ${shown(all)}`);
}
process.exit(0);
