// The theme fetches the whole search index with every page, half of what a page weighs. This holds that one request back
// until the reader reaches for the search: a pointer over it, or the keyboard in it.
(() => {
  const { open, send } = XMLHttpRequest.prototype;
  const held = [];
  XMLHttpRequest.prototype.open = function (...request) {
    this.isSearchIndex = String(request[1]).endsWith("/search/search_index.json");
    open.apply(this, request);
  };
  XMLHttpRequest.prototype.send = function (...body) {
    if (this.isSearchIndex) held.push(() => send.apply(this, body));
    else send.apply(this, body);
  };
  const reached = (event) => {
    if (!event.target.closest?.(".md-search, [for=__search]")) return;
    Object.assign(XMLHttpRequest.prototype, { open, send });
    for (const name of ["pointerover", "focusin"]) removeEventListener(name, reached);
    for (const request of held) request();
  };
  for (const name of ["pointerover", "focusin"]) addEventListener(name, reached);
})();
