// Run in the page. Finds the blocks, gives each its buttons; fetches nothing else until the reader shows interest.
import { Block } from "./block.js";
import { Engine } from "./engine.js";
import { texts } from "./messages.js";

/* global ASSETS, BUILD, WANTED -- put here by bundle.mjs: the table of the hashed files; its own hash; which parts of the library each snippet and lab wants */
const root = new URL(".", import.meta.url).href;
const engine = new Engine(root, ASSETS, BUILD);
const blocks = [];
const fetched = {}; // what is fetched when it is wanted, by its role: promises of modules

/** What failed to arrive may be asked for again. */
function fetchOnce(role) {
  fetched[role] ??= import(new URL(ASSETS[role].file, root).href).catch((error) => {
    delete fetched[role];
    throw error;
  });
  return fetched[role];
}

function page(language) {
  return {
    engine,
    language,
    text: texts(language),
    openEditor: () => fetchOnce("editor"),
    openBalancing: () => fetchOnce("balancing"),
    cellsAbove: (block) => blocks.slice(0, blocks.indexOf(block)).filter((other) => block.lab && other.lab === block.lab),
    wanted: (program) => WANTED[program],
    interest,
  };
}

/** A pointer or the focus is on a block: start Python now, unless the reader pays for each byte. parts: what the block's program wants of the library. */
function interest(parts) {
  const { saveData, type } = navigator.connection ?? {};
  if (!saveData && type !== "cellular") engine.preload(parts);
}

function start() {
  for (const element of document.querySelectorAll("div.eslabon-run:not([data-state])")) {
    const language = element.dataset.language === "es" ? "es" : "en";
    blocks.push(new Block(element, page(language)));
  }
}

if (!document.querySelector('link[href*="_runner/runner.css"]')) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("runner.css", root).href;
  document.head.append(style);
}
start();
