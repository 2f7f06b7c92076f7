// Compiles the page's Python to bytecode inside Pyodide, the Python that will load it. The work itself is bytecode.py; this lends it the folder.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { work, modules, used } = JSON.parse(fs.readFileSync(0, "utf8"));
const { loadPyodide } = await import(pathToFileURL(path.join(modules, "pyodide", "pyodide.mjs")));

// Columns of each instruction only draw carets under lines of the library, which the reader does not see: they would be a fifth of all bytecode.
const python = await loadPyodide({ args: ["-X", "no_debug_ranges"] });
python.FS.mkdirTree("/work");
python.mountNodeFS("/work", work);
python.FS.mkdirTree("/pyodide");
python.mountNodeFS("/pyodide", path.join(modules, "pyodide"));
python.runPython(fs.readFileSync(new URL("bytecode.py", import.meta.url), "utf8"));
try {
  python.globals.get("build")(python.toPy(used));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
