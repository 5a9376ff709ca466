// The page's session with simcord: calls with its key, what it is at, and a page that has lost it.

const key = location.hash.slice(1);
const STUCK_MS = 4000;

export const status = () => window.simcordPreview;
let calls = 0;
let leaving = false;

/** Call the demo; `quietly` is a reading that keeps no press waiting. */
export async function call(path, body, quietly = false) {
  calls += quietly ? 0 : 1;
  try {
    const answer = await fetch(path, {
      method: body ? "POST" : "GET",
      headers: { "X-Simcord-Capability": key, "X-Simcord-Context": status().contextId, ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body && JSON.stringify(body),
      cache: "no-store",
    });
    if (!answer.ok) throw new Error(await answer.text());
    return await answer.json();
  } finally { calls -= quietly ? 0 : 1; }
}

export function reload() {
  leaving = true;
  location.reload();
}

/** Whether simcord would drop a press: another is on its way, or its result is not drawn yet. */
export const blocked = (now) => !now.contextId || Boolean(now.pendingAction) || (now.awaitingRevision ?? 0) > now.publishedRevision;

/** Whether an act of ours is on its way, or the page is about to load again. */
export const atWork = () => calls > 0 || leaving;

let stuckSince = null;

/** Load the page again where simcord would only say so: its session expired or never began, or an answer never came. */
export function recover() {
  const now = status();
  if (!now) return;
  const stuck = now.transport?.state === "uncertain"
    || now.diagnostics.some(({ code }) => code === "bootstrap-failed")
    || (now.contextId !== null && !now.authorized);
  if (!stuck) { stuckSince = null; return; }
  stuckSince ??= Date.now();
  if (Date.now() - stuckSince < STUCK_MS) return;
  stuckSince = null;
  reload();
}
