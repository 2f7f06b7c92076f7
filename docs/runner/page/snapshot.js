// Keeps a snapshot of a Python that has just started, so that the next one starts from it: in the Cache API, one at a time. Knows nothing of what is in it.
// Nothing here throws: where the browser has no cache (some private windows), no room, or an entry that is damaged, there is no snapshot, and Python starts as at first.

const CACHE = "eslabon-python";
const SUM = "X-Sum"; // header of an entry: SHA-256 of its content

/** Whatever is kept for this site. root: the runner's folder, as other sites may share the origin. */
const prefix = (root) => new URL("snapshot-", root).href;

/** What is kept for a build, in this version of the browser: another may give Python other abilities. */
const address = (root, build) => `${prefix(root)}${build}?${encodeURIComponent(navigator.userAgent)}`;

/** Put it in place of earlier builds' of this site; give whether it is there now. */
export async function keep(root, build, snapshot) {
  try {
    const cache = await caches.open(CACHE);
    await forget(root);
    await cache.put(address(root, build), new Response(snapshot, { headers: { [SUM]: await sum(snapshot) } }));
    return true;
  } catch {
    return false;
  }
}

/** Give the build's snapshot as a Uint8Array, or null. */
export async function find(root, build) {
  try {
    const cache = await caches.open(CACHE);
    const entry = await cache.match(address(root, build));
    if (!entry) return null;
    const snapshot = new Uint8Array(await entry.arrayBuffer());
    if (entry.headers.get(SUM) === (await sum(snapshot))) return snapshot;
    await forget(root);
  } catch {
    // as if there were none
  }
  return null;
}

/** Delete whatever is kept for this site. */
export async function forget(root) {
  try {
    const cache = await caches.open(CACHE);
    const ours = (await cache.keys()).filter((entry) => entry.url.startsWith(prefix(root)));
    await Promise.all(ours.map((entry) => cache.delete(entry)));
  } catch {
    // nothing to delete
  }
}

async function sum(content) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
