// The worker: Python lives here, so that the page stays responsive and Stop can end it. Draws nothing; tells the page in messages.
import { boot } from "./boot.js";
import { find, forget } from "./snapshot.js";

let python; // a promise of boot's result
let root;
let assets;
let running = null;

const tell = (message) => postMessage(message);

self.onmessage = async ({ data: order }) => {
  try {
    if (order.type === "start") {
      ({ root, assets } = order);
      python = start(order);
      const { wasm } = await python;
      tell({ type: "ready", wasm });
    } else if (order.type === "run") {
      const { page } = await python;
      running = order.id;
      const post = (kind, content) => tell({ type: kind, id: order.id, content });
      const status = page.run(order.source, order.filename, order.lab ?? undefined, order.language, post, order.room, JSON.stringify(order.files ?? {}));
      running = null;
      tell({ type: "done", id: order.id, status });
    }
  } catch (error) {
    tell({ type: "broken", id: running, error: String(error?.message ?? error).slice(0, 4000) });
  }
};

/** Start from a snapshot when there is one and it is good, else from nothing. */
async function start({ wasm, snapshot, build }) {
  const module = (role) => import(new URL(assets[role].file, root).href);
  const glue = module("glue");
  glue.catch(() => {}); // told where it is awaited
  const fetching = progress();
  const options = {
    assets,
    wasm,
    createPyodideModule: glue.then((loaded) => loaded.default),
    fetchAsset: (role) => fetchAsset(role, fetching),
    fetchNow,
    stage: (stage) => tell({ type: "stage", stage }),
  };
  const found = snapshot ?? find(root, build);
  options.loadPyodide = (await module("pyodide")).loadPyodide;
  try {
    return await boot({ ...options, snapshot: found, keep });
  } catch (error) {
    if (!(await found)) throw error;
    console.warn("Python does not start from its snapshot:", error);
    await forget(root);
    return boot({ ...options, keep });
  }
}

const keep = (snapshot) => postMessage({ type: "snapshot", snapshot }, [snapshot.buffer]);

/** Tells how much of what is being fetched has come, a few times a second. */
function progress() {
  let loaded = 0;
  let total = 0;
  let last = 0;
  return {
    expect: (size) => (total += size),
    came: (size) => {
      loaded += size;
      if (performance.now() - last > 100 || loaded === total) {
        last = performance.now();
        tell({ type: "stage", stage: "fetching", loaded, total });
      }
    },
  };
}

async function fetchAsset(role, fetching) {
  const { file, wire } = assets[role];
  fetching.expect(wire);
  const response = await fetch(new URL(file, root));
  if (!response.ok) throw new Error(`${file}: HTTP ${response.status}`);
  const counted = new TransformStream({
    transform(chunk, out) {
      fetching.came(chunk.length);
      out.enqueue(chunk);
    },
  });
  return decompressed(response.body.pipeThrough(counted));
}

/** The content of a .gz file, whether or not the server has said Content-Encoding: gzip and the browser has undone it already. */
async function decompressed(stream) {
  const [peeked, whole] = stream.tee();
  const reader = peeked.getReader();
  const { value } = await reader.read();
  reader.cancel();
  const packed = value && value[0] === 0x1f && value[1] === 0x8b;
  return packed ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
}

/** A part of the library, before this returns: the reader's program waits for it. When the page has asked for it ahead, it comes from the browser's cache. */
function fetchNow(part) {
  tell({ type: "stage", stage: "more" });
  const request = new XMLHttpRequest();
  request.open("GET", new URL(assets.parts[part].file, root), false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${assets.parts[part].file}: HTTP ${request.status}`);
  tell({ type: "stage", stage: "running" });
  return new Uint8Array(request.response);
}
