// The composer: pickers that are filled when they open, keys, commands that can be clicked.

import { offered } from "./channels.js";
import { blocked, status } from "./session.js";

/** Open a picker with its choices: simcord asks for them when something is typed, Discord when the field is entered. */
document.addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || !target.matches(".command-option-input[aria-autocomplete]")) return;
  if (target.value || target.dataset.opened) return;
  target.dataset.opened = "yes";
  setTimeout(() => {
    if (document.activeElement !== target || target.value) return;
    target.dispatchEvent(new Event("input", { bubbles: true }));
    const empty = document.querySelector(".command-popup .command-empty");
    if (empty) empty.textContent = offered?.words.loading ?? "…";
  }, 0);
});

const composing = () => document.querySelector(".command-row");
const choosing = () => document.querySelector(".command-popup:not([hidden])");
let moved = false;
document.addEventListener("focusin", () => { moved = false; });

/** Send a command that needs nothing at once, as Discord does; simcord would take its first option. */
document.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") moved = true;
  if (event.key !== "Enter" || !(event.target instanceof Element) || !composing()?.contains(event.target)) return;
  const offersOptions = choosing()?.querySelector(".command-suggestion-ellipsis");
  if (choosing() && !(offersOptions && !moved && event.target.closest(".command-chip"))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.querySelector("#channel-composer").requestSubmit();
}, true);

// A press of Send while the page is being published is lost in simcord; it is repeated until the bot got the command.
// One that failed there stays in the composer: only the person sends it again.
const RESEND_MS = 300, RESENDS = 20;
export let sending = null;
const lastCommand = (now) => now?.activity.findLast((act) => act.command && act.dispatched)?.requestId;
document.addEventListener("submit", ({ target }) => {
  if (target.id === "channel-composer" && composing()) sending ??= { left: RESENDS, after: lastCommand(status()) };
}, true);
document.addEventListener("input", () => { sending = null; });
document.addEventListener("pointerdown", () => { sending = null; });
setInterval(() => {
  if (!sending) return;
  const now = status();
  const over = !now?.commandPicker.draft?.submittable || lastCommand(now) !== sending.after || sending.left === 0;
  if (over) { sending = null; return; }
  if (blocked(now)) return;
  sending.left -= 1;
  document.querySelector("#channel-composer").requestSubmit();
}, RESEND_MS);

function useCommand(mention) {
  const composer = document.querySelector("#channel-composer-input");
  if (!composer) return;
  composer.value = mention.textContent;
  composer.focus();
  composer.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", ({ target }) => {
  const mention = target instanceof Element && target.closest("span.command-mention");
  if (mention) useCommand(mention);
});
