// Bundles the page's scripts with esbuild: editor, worker and the figures of load balancers under hashed names, then runner.js, which knows the names; writes manifest.json.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const { out, modules, assets, wanted } = JSON.parse(fs.readFileSync(0, "utf8"));
const require = createRequire(path.join(modules, "package.json"));
const esbuild = require("esbuild");
const source = (name) => fileURLToPath(new URL(`page/${name}`, import.meta.url));

async function bundle(name, define = {}) {
  const built = await esbuild.build({
    entryPoints: [source(name)],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    nodePaths: [modules],
    metafile: true,
    define,
    write: false,
  });
  return { content: built.outputFiles[0].contents, inputs: Object.keys(built.metafile.inputs) };
}

function asset(name, content) {
  const hash = crypto.createHash("sha256").update(content).digest("hex").slice(0, 12);
  const file = name.replace(".", `-${hash}.`);
  fs.writeFileSync(path.join(out, file), content);
  return { file, wire: zlib.gzipSync(content, { level: 9 }).length };
}

const editor = await bundle("editor.js");
const worker = await bundle("worker.js");
const balancing = await bundle("balancing/figures.js");
assets.editor = asset("editor.js", editor.content);
assets.worker = asset("worker.js", worker.content);
assets.balancing = asset("balancing.js", balancing.content);
const build = crypto.createHash("sha256").update(JSON.stringify(assets)).digest("hex").slice(0, 12);
const runner = await bundle("runner.js", { ASSETS: JSON.stringify(assets), BUILD: JSON.stringify(build), WANTED: JSON.stringify(wanted) });
fs.writeFileSync(path.join(out, "runner.js"), runner.content);
fs.writeFileSync(path.join(out, "manifest.json"), JSON.stringify({ assets, wanted }, null, 2) + "\n");

// The licence of each npm package of which a line is shipped.
const shipped = new Set(["pyodide"]);
for (const input of [...editor.inputs, ...worker.inputs, ...balancing.inputs, ...runner.inputs]) {
  const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
  if (found) shipped.add(found[1]);
}
fs.mkdirSync(path.join(out, "licences"), { recursive: true });
for (const name of [...shipped].sort()) {
  const folder = path.join(modules, name);
  const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const texts = fs.readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const own = fileURLToPath(new URL(`licences/${name.replace("/", "-")}.txt`, import.meta.url));
  if (!texts.length && !fs.existsSync(own)) {
    console.error(`${name} ${version} (${license}) ships no licence text: put one into docs/runner/licences/`);
    process.exit(1);
  }
  const text = texts.length ? texts.map((file) => fs.readFileSync(path.join(folder, file), "utf8")).join("\n\n") : fs.readFileSync(own, "utf8");
  fs.writeFileSync(path.join(out, "licences", `${name.replace("/", "-").replace("@", "")}.txt`), `${name} ${version}\n\n${text}`);
}
