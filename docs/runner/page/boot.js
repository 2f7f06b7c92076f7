// Starts Python from the assets of build.py. It knows neither page nor worker: `fetchAsset` and `fetchNow` say how a file is read.

const ADDRESS = "https://assets.invalid/"; // Pyodide asks for its files below this; nothing leaves, see `answers`
const DATA = "/lib/botocore";

/**
 * address: where Pyodide believes its files to be. assets: the manifest's table. fetchAsset(role): Promise of a stream of the decompressed file. fetchNow(role): the compressed
 * bytes, before it returns. stage(name): told when a stage begins. wasm: a WebAssembly.Module from an earlier start, if any.
 */
export async function boot({ address = ADDRESS, assets, loadPyodide, createPyodideModule, fetchAsset, fetchNow, stage, wasm }) {
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
    createPyodideModule: await createPyodideModule,
    env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0", PYTHONNOUSERSITE: "1", AWS_EC2_METADATA_DISABLED: "true" },
    stdin: () => null,
    fsInit: async (files) => {
      for (const [name, text] of Object.entries(await come(data))) {
        const path = `${DATA}/data/${name}`;
        files.mkdirTree(path.slice(0, path.lastIndexOf("/")));
        files.writeFile(path, text);
      }
      stage("starting");
    },
  };
  const { result: python, module } = await withPyodidesFetch(answers, wasm, () => Promise.race([loadPyodide(settings), failed]));
  stage("importing");
  python.pyimport("_eslabon_rest").install(() => fetchNow("rest"));
  const page = python.pyimport("_eslabon_page");
  page.prepare(DATA);
  python.runPython("import random; random.seed()");
  return { python, page, wasm: module };
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
