// Starts Python from the assets of build.py. It knows neither page nor worker: `fetchAsset` and `fetchNow` say how a file is read.

const ADDRESS = "https://assets.invalid/"; // Pyodide asks for its files below this; nothing leaves, see `answers`
const DATA = "/lib/botocore";

/**
 * address: where Pyodide believes its files to be. assets: the manifest's table. fetchAsset(role): Promise of a stream of the decompressed file. fetchNow(part): the compressed
 * bytes of a part of the library, before it returns. stage(name): told when a stage begins. wasm: a WebAssembly.Module from an earlier start, if any. snapshot: null, or the memory of an earlier
 * start, or a promise of either. keep(snapshot): gets the memory of this one, when it did not start from a snapshot.
 */
export async function boot({ address = ADDRESS, assets, loadPyodide, createPyodideModule, fetchAsset, fetchNow, stage, wasm, snapshot = null, keep }) {
  const bytes = async (role) => new Uint8Array(await new Response(await fetchAsset(role)).arrayBuffer());
  stage("fetching");
  const data = bytes("data").then((content) => JSON.parse(new TextDecoder().decode(content)));
  const core = bytes("core");
  const program = wasm ? null : fetchAsset("wasm");
  // What cannot be fetched ends the start at once, from here; Pyodide itself waits for it for ever, and complains to nobody.
  const never = new Promise(() => {});
  const failed = Promise.all([data, core, program]).then(() => never);
  failed.catch(() => {}); // told where it is awaited, which may be after it has failed
  const come = (fetched) => fetched.catch(() => never);
  const memory = await snapshot;
  const answers = {
    [address + "pyodide.asm.wasm"]: async () =>
      new Response(wasm ? null : await come(program), { headers: { "Content-Type": "application/wasm" } }),
    [address + "library.zip"]: async () => new Response(await come(core)),
  };
  const settings = {
    indexURL: address,
    packageBaseUrl: address,
    stdLibURL: address + "library.zip",
    lockFileContents: { info: assets.python, packages: {} },
    createPyodideModule: withRoomFor(memory, await createPyodideModule),
    ...(memory ? { _loadSnapshot: memory } : { _makeSnapshot: Boolean(keep) }),
    env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0", PYTHONNOUSERSITE: "1", AWS_EC2_METADATA_DISABLED: "true" },
    stdin: () => null,
    fsInit: async (files) => {
      for (const [name, text] of Object.entries(await come(data))) {
        const path = `${DATA}/data/${name}`;
        files.mkdirTree(path.slice(0, path.lastIndexOf("/")));
        if (text !== null) files.writeFile(path, text); // else it comes with its part
      }
      stage("starting");
    },
  };
  const { result: python, module } = await withPyodidesFetch(answers, wasm, () => Promise.race([loadPyodide(settings), failed]));
  if (!memory) {
    stage("importing");
    python.runPython(`import _eslabon_page, _eslabon_parts; _eslabon_page.prepare("${DATA}", _eslabon_parts.install)`);
    if (keep) keepMemory(python, keep);
  }
  python.pyimport("_eslabon_parts").connect(fetchNow);
  python.runPython("import random; random.seed()"); // not the numbers that whoever starts from the same snapshot gets
  return { python, page: python.pyimport("_eslabon_page"), wasm: module };
}

/** A snapshot does not fit into the memory that a module begins with, and Pyodide does not see to it (pyodide#6254). */
function withRoomFor(memory, createPyodideModule) {
  return async (settings) => {
    const module = await createPyodideModule(settings);
    if (memory?.length > module.HEAP8.length) module.growMemory(memory.length);
    return module;
  };
}

/** Hand out a snapshot, and undo what it takes to make one: Python sees `js` through a proxy that notes where each thing came from. */
function keepMemory(python, keep) {
  try {
    keep(python.makeMemorySnapshot());
  } catch (error) {
    console.warn("No snapshot of this Python:", error);
  }
  python.registerJsModule("js", globalThis);
  python.runPython('import sys; sys.modules.pop("js", None)');
}

/** While `work` runs, Pyodide's requests are answered from `answers`, and the WebAssembly module is kept, or given. */
async function withPyodidesFetch(answers, wasm, work) {
  const { fetch } = globalThis;
  const { instantiateStreaming } = WebAssembly;
  let module = wasm;
  globalThis.fetch = (address, ...rest) => answers[String(address.url ?? address)]?.() ?? fetch(address, ...rest);
  WebAssembly.instantiateStreaming = async (response, imports) => {
    module ??= await WebAssembly.compileStreaming(response);
    return { module, instance: await WebAssembly.instantiate(module, imports) };
  };
  try {
    return { result: await work(), module };
  } finally {
    globalThis.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}
