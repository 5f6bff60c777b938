// What this browser keeps for the visitor, so that it survives a reload and a restart of the server.

const PREFIX = "digitscope.";
const FORMAT = 1;

/** The value that is kept under a name; null if there is none that this version can read. */
export function recall(name) {
  const kept = read(name);
  return kept?.format === FORMAT ? kept.value : null;
}

/** Keep a JSON value under a name. False if the storage is full or blocked, or holds a newer version's value. */
export function keep(name, value) {
  try {
    if (read(name)?.format > FORMAT) return false;
    localStorage.setItem(PREFIX + name, JSON.stringify({ format: FORMAT, value }));
    return true;
  } catch {
    return false;
  }
}

/** Call `listener()` when another window of this browser has changed what is kept under a name. */
export function onOtherWindow(name, listener) {
  window.addEventListener("storage", ({ key }) => key === PREFIX + name && listener());
}

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null; // blocked or damaged
  }
}
