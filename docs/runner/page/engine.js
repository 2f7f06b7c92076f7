// One Python for the page: starts its worker, runs one program at a time, ends it. Knows no HTML.
import { forget, keep } from "./snapshot.js";

const LATER = 3000; // milliseconds until a snapshot is kept: writing thirty megabytes must not delay the first output

export class Engine {
  /** root: the URL of the runner's folder, with a slash at its end. build: a name that no other build has. */
  constructor(root, assets, build) {
    this.root = root;
    this.assets = assets;
    this.build = build;
    this.generation = 0; // counts Pythons: what an earlier one had in memory is gone
    this.worker = null;
    this.wasm = undefined; // compiled once; a Python after Stop takes it
    this.snapshot = undefined; // of a Python just started, until it is kept where a worker finds it; a Python after Stop starts from it
    this.stage = { stage: "fetching", loaded: 0, total: 0 };
    this.ready = false;
    this.asked = new Set(); // parts of the library
    this.waiting = []; // jobs in the order asked for; the first is running or starts when Python is ready
    this.numbered = 0;
  }

  /** Start Python, unless it has been started; and have these parts of its library in the browser's cache when a program asks for them. */
  preload(parts = []) {
    for (const part of parts) {
      if (this.asked.has(part)) continue;
      this.asked.add(part);
      fetch(new URL(this.assets.parts[part].file, this.root)).then((response) => response.arrayBuffer()).catch(() => {}); // the program will tell
    }
    if (this.worker) return;
    this.generation += 1;
    this.ready = false;
    // From a blob: URL the worker has this page's Content-Security-Policy; from its own address it would have none.
    const address = new URL(this.assets.worker.file, this.root).href;
    const script = new Blob([`import ${JSON.stringify(address)};`], { type: "text/javascript" });
    const url = URL.createObjectURL(script);
    const worker = new Worker(url, { type: "module" });
    this.worker = worker;
    worker.onmessage = ({ data }) => worker === this.worker && this.hear(data);
    worker.onerror = (event) => worker === this.worker && this.hear({ type: "broken", error: event.message || "worker" });
    const { root, assets, build, wasm, snapshot } = this;
    worker.postMessage({ type: "start", root, assets, build, wasm, snapshot });
    this.url = url;
  }

  /**
   * Run a program when its turn comes. listener: { waiting(), stage(message), running(), heard(kind, content) }.
   * Gives a promise of "ok", "error", "stopped" or "broken".
   */
  run(program, listener) {
    return new Promise((ended) => {
      const job = { id: ++this.numbered, program, listener, ended, sent: false };
      this.waiting.push(job);
      this.preload();
      if (this.waiting[0] === job) listener.stage(this.stage);
      else listener.waiting();
      this.next();
      job.listener.job = job;
    });
  }

  /** End a program: the one that runs, with its Python; or one that has not begun, before it does. */
  stop(listener) {
    const job = listener.job;
    const place = this.waiting.indexOf(job);
    if (place < 0) return;
    this.waiting.splice(place, 1);
    if (job.sent) this.restart();
    job.ended("stopped");
    this.next();
  }

  restart() {
    this.worker?.terminate();
    URL.revokeObjectURL(this.url);
    this.worker = null;
    this.stage = { stage: "starting" };
    this.preload();
  }

  next() {
    const job = this.waiting[0];
    if (!job || job.sent || !this.ready) return;
    job.sent = true;
    job.listener.running();
    this.worker.postMessage({ type: "run", id: job.id, ...job.program });
  }

  async keep(snapshot) {
    if (this.snapshot === snapshot && (await keep(this.root, this.build, snapshot))) this.snapshot = undefined;
  }

  hear(message) {
    const job = this.waiting[0];
    if (message.type === "stage") {
      this.stage = message;
      job?.listener.stage(message);
    } else if (message.type === "ready") {
      this.ready = true;
      this.wasm = message.wasm;
      this.next();
    } else if (message.type === "snapshot") {
      this.snapshot = message.snapshot;
      setTimeout(() => this.keep(message.snapshot), LATER);
    } else if (message.type === "broken") {
      this.snapshot = undefined; // it may be what broke
      forget(this.root);
      this.worker.terminate();
      this.worker = null; // the next run starts another
      this.ready = false;
      for (const waiting of this.waiting.splice(0)) {
        waiting.listener.heard("broken", message.error);
        waiting.ended("broken");
      }
    } else if (job && message.id === job.id) {
      if (message.type === "done") {
        this.waiting.shift();
        job.ended(message.status);
        this.next();
      } else {
        job.listener.heard(message.type, message.content);
      }
    }
  }
}
