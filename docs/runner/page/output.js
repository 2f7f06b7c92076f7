// What a program shows: text as it comes, tracebacks, SVG as an image, HTML in a frame that runs no script.
import { html } from "./dom.js";
import { figures, summaryOf } from "./picture.js";
import { story } from "./story.js";

const MARGIN = 18; // of a figure
const POINTED = /^( +\S.*\n *[~^]+\n)/m; // a line of a traceback, and what points at its parts
const [NARROWEST, WIDEST] = [280, 860]; // pixels
const BALANCING = new Set(["request", "flow", "health"]); // kinds of entries that load balancers write

export class Output {
  /**
   * parent: the block. Its recorded output, [data-recorded], stays until the first run and comes back with reset().
   * openBalancing: fetches what draws load balancers.
   */
  constructor(parent, { text, language, openBalancing }) {
    this.text = text;
    this.language = language;
    this.openBalancing = openBalancing;
    this.recorded = [...parent.querySelectorAll(":scope > [data-recorded]")];
    this.label = html("p", { class: "eslabon-label" }, [text("recorded")]);
    this.shown = html("div", { class: "eslabon-shown" });
    this.last = null;
    if (this.recorded.length) this.recorded[0].before(this.label);
    else parent.append(this.label);
    parent.append(this.shown);
    this.reset();
  }

  reset() {
    this.clear();
    for (const element of this.recorded) element.hidden = false;
    this.label.textContent = this.text("recorded");
    this.label.hidden = !this.recorded.length;
  }

  /** A run begins. */
  begin() {
    this.clear();
    for (const element of this.recorded) element.hidden = true;
    this.label.textContent = this.text("output");
    this.label.hidden = false;
  }

  clear() {
    this.shown.replaceChildren();
    this.last = null;
  }

  /** Pixels that a drawing in a figure may be wide. */
  get room() {
    return Math.min(Math.max(this.shown.clientWidth - 2 * MARGIN, NARROWEST), WIDEST);
  }

  /** A run has ended. */
  end() {
    if (!this.shown.querySelector(":scope > :not(.eslabon-picture)"))
      this.shown.prepend(html("p", { class: "eslabon-note" }, [this.text("noOutput")]));
  }

  /** kind and content as page.py posts them. */
  heard(kind, content) {
    const { text } = this;
    if (kind === "out" || kind === "err" || kind === "error") this.print(content, kind);
    else if (kind === "dropped") this.note(text("dropped", { count: new Intl.NumberFormat(this.language).format(content) }));
    else if (kind === "display") this.display(...JSON.parse(content));
    else if (kind === "execution") this.shown.append(this.execution(JSON.parse(content)));
    else if (kind === "picture") this.picture(JSON.parse(content));
  }

  /** What happened, from the journal: load balancers first, as soon as what draws them has arrived. */
  picture(entries) {
    const { text, language } = this;
    const told = story(entries);
    const cut = entries.find(({ kind }) => kind === "cut");
    if (cut) this.note(text("cut", { count: new Intl.NumberFormat(language).format(cut.count) }));
    if (entries.some(({ kind }) => BALANCING.has(kind))) {
      const summary = told.edges.length ? "" : summaryOf(told, text, language);
      const place = html("div", { class: "eslabon-picture", hidden: true });
      this.shown.append(place);
      this.openBalancing().then(
        ({ figures }) => place.replaceWith(...figures(entries, language, summary)),
        () => place.replaceWith(html("p", { class: "eslabon-note" }, [text("unfetched")])),
      );
    }
    this.shown.append(...figures(told, text, language));
  }

  print(content, kind) {
    if (!this.last) {
      this.last = html("pre", { class: "eslabon-output", tabindex: "0" });
      this.shown.append(this.last);
    }
    this.last.append(kind === "out" ? content : html("span", { class: `eslabon-${kind}` }, content.split(POINTED).map(pointed)));
  }

  note(sentence) {
    this.shown.append(html("p", { class: "eslabon-note" }, [sentence]));
  }

  /** An execution of a state machine: its graph, and itself over time. */
  execution({ machine, name, pictures }) {
    return html("figure", { class: "eslabon-picture" }, [
      html("figcaption", {}, [html("strong", {}, [this.text("execution", { machine })]), ` · ${name}`]),
      ...pictures.map(({ svg, told }) => image(svg, told, this.text("execution", { machine }))),
    ]);
  }

  display(type, content, alternative) {
    this.last = null;
    const result = this.text("result");
    this.shown.append(type === "image/svg+xml" ? image(content, alternative || result, result) : frame(content, result));
  }
}

/** Every second part of a traceback is a line with what points at its parts: they are not wrapped, but scrolled together. */
function pointed(part, place) {
  return place % 2 ? html("span", { class: "eslabon-pointed", tabindex: "0" }, [part]) : part;
}

/**
 * SVG as an image: it runs no script and fetches nothing. `currentColor` in it is the page's text colour, in either theme.
 * A drawing that says how far it may shrink is scrolled where there is less room, with the keyboard too.
 */
function image(content, alternative, name) {
  const shown = html("img", { class: "eslabon-image", alt: alternative });
  const scrolled = html("div", { class: "eslabon-scrolled" }, [shown]);
  const draw = () => {
    const drawing = new DOMParser().parseFromString(content, "image/svg+xml").documentElement;
    drawing.style.color = getComputedStyle(scrolled).color;
    shown.style.minWidth = drawing.style.minWidth;
    if (drawing.style.minWidth) Object.assign(scrolled, { tabIndex: 0, role: "group", ariaLabel: name });
    shown.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(drawing))}`;
  };
  queueMicrotask(draw);
  new MutationObserver(draw).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  return scrolled;
}

/** HTML in a frame with no right to run scripts; it takes the page's colours and the height of what it holds. */
function frame(content, title) {
  const shown = html("iframe", { class: "eslabon-frame", sandbox: "allow-same-origin", title });
  shown.addEventListener("load", () => {
    const { color, fontFamily } = getComputedStyle(shown.parentElement);
    const { body } = shown.contentDocument;
    Object.assign(body.style, { color, fontFamily, margin: "0", fontSize: "0.8rem" });
    shown.style.height = `${Math.min(body.scrollHeight + 4, 600)}px`;
  });
  shown.srcdoc = content;
  return shown;
}
