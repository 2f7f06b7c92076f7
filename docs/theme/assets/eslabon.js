// The theme puts the copy button of each code block into a <nav> without a name; it is no place to navigate to.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])")) nav.setAttribute("role", "none");
}).observe(document.body, { childList: true, subtree: true });

// A program that can be run is copied whole, as it runs: without the marks of its notes, also where one section is shown.
// The theme answers the button. The editor has its own ways to copy; it hides this one with the code.
const COPY = {
  es: { program: "Copiar el programa entero", cell: "Copiar la celda" },
  en: { program: "Copy the whole program", cell: "Copy the cell" },
};
for (const block of document.querySelectorAll(".eslabon-run")) {
  const button = document.createElement("button");
  button.className = "md-code__button";
  button.type = "button";
  button.title = COPY[block.dataset.language][block.dataset.snippet ? "program" : "cell"];
  button.dataset.mdType = "copy";
  button.dataset.clipboardText = block.querySelector(".eslabon-source").content.textContent;
  const nav = document.createElement("nav");
  nav.className = "md-code__nav";
  nav.append(button);
  block.querySelector(".eslabon-code").after(nav);
}
