// One runnable block of the page: its buttons, its editor, its state. `data-state` says idle, loading, running, ok, error or stopped.
import { html } from "./dom.js";
import { Output } from "./output.js";

const ICONS = { run: "▶", stop: "■", edit: "✎", reset: "↺" };

/** The files that the program reads, by name: the page shows them under it. */
function filesOf(element) {
  const shown = [...element.querySelectorAll(":scope > .eslabon-file")];
  return Object.fromEntries(shown.map((file) => [file.dataset.name, file.querySelector("pre").textContent]));
}

export class Block {
  /** element: div.eslabon-run as the page holds it. page: what runner.js gives to all blocks of the page */
  constructor(element, page) {
    this.element = element;
    this.page = page;
    this.code = element.querySelector(".eslabon-code");
    this.original = element.querySelector("template.eslabon-source").content.textContent;
    this.files = filesOf(element);
    this.edited = this.original;
    this.editor = null;
    this.lab = element.dataset.lab;
    this.cell = element.dataset.cell;
    const { text } = page;
    const button = (name, press) =>
      html("button", { type: "button", class: `eslabon-button eslabon-button-${name}`, click: press }, [
        html("span", { class: "eslabon-icon", "aria-hidden": "true" }, [ICONS[name]]),
        text(name),
      ]);
    this.buttons = {
      run: button("run", () => this.run()),
      stop: button("stop", () => this.stop()),
      edit: button("edit", () => this.edit()),
      reset: button("reset", () => this.reset()),
    };
    this.status = html("span", { class: "eslabon-status", role: "status" });
    this.amount = html("span", { class: "eslabon-amount", "aria-hidden": "true" }); // apart: not to be read out as it grows
    this.progress = html("progress", { class: "eslabon-progress", max: 1, "aria-hidden": "true" });
    const bar = html("div", { class: "eslabon-bar", role: "group", "aria-label": text("toolbar") }, [
      ...Object.values(this.buttons),
      this.status,
      this.amount,
      this.progress,
    ]);
    this.code.after(bar);
    this.output = new Output(element, page);
    this.code.addEventListener("click", (event) => this.clicked(event));
    this.parts = page.wanted(this.lab ?? element.dataset.snippet);
    for (const event of ["pointerenter", "focusin"]) element.addEventListener(event, () => page.interest(this.parts), { once: true });
    this.show("idle");
  }

  get filename() {
    const name = this.element.dataset.snippet ?? `${this.lab}[${this.cell}]`;
    return this.lab ? name : `${name.split("/").at(-1)}.py`;
  }

  /** Go into a state, and say it. */
  show(state, status = "") {
    this.state = state;
    this.element.dataset.state = state;
    if (this.status.textContent !== status) this.status.textContent = status;
    this.amount.textContent = "";
    const busy = state === "loading" || state === "running";
    // The button that has the focus must not vanish under it.
    const focused = document.activeElement;
    this.buttons.run.hidden = busy;
    this.buttons.stop.hidden = !busy;
    if (focused === this.buttons.run && busy) this.buttons.stop.focus();
    if (focused === this.buttons.stop && !busy) this.buttons.run.focus();
    this.buttons.edit.hidden = Boolean(this.editor);
    this.buttons.reset.hidden = busy || (state === "idle" && this.edited === this.original && !this.editor);
    this.progress.hidden = state !== "loading";
  }

  // ---- what the engine tells ----

  waiting() {
    this.show("loading", this.page.text("waiting"));
    this.progress.removeAttribute("value");
  }

  stage({ stage, loaded, total }) {
    const megabytes = (bytes) => (bytes / 1e6).toLocaleString(this.page.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.show(this.state === "running" ? "running" : "loading", this.page.text(stage));
    if (stage === "fetching" && total) {
      this.amount.textContent = this.page.text("amount", { loaded: megabytes(loaded), total: megabytes(total) });
      this.progress.value = loaded / total;
    } else this.progress.removeAttribute("value");
  }

  running() {
    this.began = performance.now();
    this.output.begin();
    this.show("running", this.page.text("running"));
  }

  heard(kind, content) {
    if (kind === "broken") this.broken = content;
    else this.output.heard(kind, content);
  }

  // ---- what the reader does ----

  /** Run this block; a cell of a lab runs those above it first, when this Python has not run them. Gives true when all went well. */
  async run() {
    if (this.state === "loading" || this.state === "running") return false;
    const { engine, text } = this.page;
    this.show("loading", text("waiting"));
    this.cancelled = false;
    engine.preload(this.parts);
    const above = this.page.cellsAbove(this);
    for (const cell of above) {
      this.show("loading", text("above"));
      this.above = cell;
      const went = cell.hasRun(engine.generation) || (await cell.run());
      this.above = null;
      if (this.cancelled) return false;
      if (!went) {
        this.show("error", text("aboveFailed"));
        return false;
      }
    }
    const { files, filename, lab, page, output } = this;
    const program = { source: this.edited, filename, lab, language: page.language, room: output.room, files };
    const status = await engine.run(program, this);
    return this.ended(status);
  }

  ended(status) {
    const { engine, text, language } = this.page;
    const took = Math.max(0.1, (performance.now() - this.began) / 1000);
    const seconds = took.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.ranIn = status === "ok" ? engine.generation : undefined;
    if (status === "broken") this.show("error", text("broken", { error: this.broken }));
    else {
      if (status !== "stopped") this.output.end();
      this.show(status, text(status, { seconds }));
    }
    return status === "ok";
  }

  hasRun(generation) {
    return this.ranIn === generation;
  }

  stop() {
    this.cancelled = true;
    if (this.above) {
      this.above.stop();
      this.show("stopped", this.page.text("stopped"));
    } else this.page.engine.stop(this);
  }

  clicked(event) {
    const chosen = document.getSelection();
    if (event.target.closest("a, button, label, summary, .md-annotation") || !chosen.isCollapsed) return;
    this.edit(event);
  }

  async edit(click) {
    if (this.editor || this.opening) return;
    this.opening = true;
    this.page.interest(this.parts);
    const { open } = await this.page.openEditor();
    this.place = html("div", { class: "eslabon-editor" });
    this.place.style.minHeight = `${this.code.offsetHeight}px`;
    const hint = html("p", { class: "eslabon-hint" }, [this.page.text("editorHint")]);
    this.code.before(this.place);
    this.code.hidden = true;
    this.editor = open(this.place, {
      text: this.edited,
      label: this.page.text("editor"),
      onRun: () => this.run(),
      onLeave: () => (this.buttons.run.hidden ? this.buttons.stop : this.buttons.run).focus(),
      onChange: (text) => this.changed(text),
    });
    this.place.append(hint);
    this.opening = false;
    this.show(this.state, this.status.textContent);
    const { lines } = this.element.dataset; // the page shows a section; the editor holds the whole program
    if (lines) this.editor.goTo(Number.parseInt(lines, 10));
    else if (click) this.editor.placeCursor(click.clientX, click.clientY);
    this.editor.focus();
  }

  changed(text) {
    this.edited = text;
    this.ranIn = undefined;
    this.element.toggleAttribute("data-edited", text !== this.original);
  }

  reset() {
    this.editor?.close();
    this.place?.remove();
    this.editor = this.place = null;
    this.code.hidden = false;
    this.changed(this.original);
    this.output.reset();
    this.show("idle");
    this.buttons.run.focus();
  }
}
