// Makes elements: html("p", { class: "x" }, ["text", child]) and svg(…) likewise. Texts stay texts; no markup is parsed.

const make = (element) => (attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
};

export const html = (tag, attributes = {}, children = []) => make(document.createElement(tag))(attributes, children);

export const svg = (tag, attributes = {}, children = []) =>
  make(document.createElementNS("http://www.w3.org/2000/svg", tag))(attributes, children);
