// Runs programs in the page's Python, under Node: the assets of build.py, started by boot.js as in the worker.
// It starts twice, the second time from the snapshot of the first, as most readers' does; the programs run in the second.
// Standard input: {"runner": folder, "programs": [{name, filename, source, lab, files}]}. Prints one JSON line a program.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import zlib from "node:zlib";
import { pathToFileURL } from "node:url";
import { boot } from "../../docs/runner/page/boot.js";

const { runner, programs } = JSON.parse(fs.readFileSync(0, "utf8"));
const { assets } = JSON.parse(fs.readFileSync(path.join(runner, "manifest.json"), "utf8"));
const file = (role) => path.join(runner, assets[role].file);
const module = (role) => import(pathToFileURL(file(role)));

// In Node, Pyodide reads its files from a folder.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "runner-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true }));
for (const [role, name] of [["wasm", "pyodide.asm.wasm"], ["core", "library.zip"]])
  fs.writeFileSync(path.join(folder, name), zlib.gunzipSync(fs.readFileSync(file(role))));

let stages = [];
const fetched = [];
const options = {
  address: folder + path.sep,
  assets,
  loadPyodide: (await module("pyodide")).loadPyodide,
  createPyodideModule: module("glue").then((loaded) => loaded.default),
  fetchAsset: async (role) => new Blob([fs.readFileSync(file(role))]).stream().pipeThrough(new DecompressionStream("gzip")),
  fetchNow: (part) => (fetched.push(part), new Uint8Array(fs.readFileSync(path.join(runner, assets.parts[part].file)))),
  stage: (stage) => stages.push(stage),
};
let snapshot;
await boot({ ...options, keep: (memory) => (snapshot = memory) });
const first = stages;
stages = [];
const { page } = await boot({ ...options, snapshot });

for (const { name, filename, source, lab, files } of programs) {
  const told = { name, out: "", error: "", displays: [], picture: [], dropped: 0 };
  const post = (kind, content) => {
    if (kind === "out" || kind === "err") told.out += content;
    else if (kind === "error") told.error += content;
    else if (kind === "display") told.displays.push(JSON.parse(content));
    else if (kind === "picture") told.picture = JSON.parse(content);
    else if (kind === "dropped") told.dropped = Number(content);
  };
  fetched.length = 0;
  told.status = page.run(source, filename, lab ?? undefined, "en", post, 760, JSON.stringify(files ?? {}));
  told.fetched = [...fetched];
  await say(told);
}
await say({ first, stages });
process.exit(0);

/** One line on standard output, given when it has been taken: a pipe takes a long one in pieces. */
function say(told) {
  return new Promise((taken) => process.stdout.write(JSON.stringify(told) + "\n", taken));
}
