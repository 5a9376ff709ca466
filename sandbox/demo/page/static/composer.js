// A command in the composer: the mention that chooses it, its lists, and the keys that take a choice and send.

import { offered } from "./channels.js";
import { note } from "./elements.js";
import { blocked, status } from "./session.js";

const form = () => document.querySelector("#channel-composer");
const composing = () => document.querySelector(".command-row");
const choosing = () => document.querySelector(".command-popup:not([hidden])");
const marked = () => choosing()?.querySelector(".command-suggestion.is-active");
const offersOptions = () => Boolean(choosing()?.querySelector(".command-suggestion-ellipsis"));
const hasList = (target) => target instanceof HTMLInputElement && target.matches(".command-option-input[aria-autocomplete]");

/** Write a text into the composer, as if it were typed. */
export function write(text) {
  const input = document.querySelector("#channel-composer-input");
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
  input.setSelectionRange(text.length, text.length);
}

// -------------------------------------------------------------------- lists

/** Open a picker with its choices: simcord asks for them when something is typed, Discord when the field is entered. */
document.addEventListener("focusin", ({ target }) => {
  if (!hasList(target) || target.value || target.dataset.opened) return;
  target.dataset.opened = "yes";
  setTimeout(() => {
    if (document.activeElement !== target || target.value) return;
    target.dispatchEvent(new Event("input", { bubbles: true }));
    const empty = document.querySelector(".command-popup .command-empty");
    if (empty) empty.textContent = offered?.words.loading ?? "…";
  }, 0);
});

/** Open the list of a field again that has its choice; the bot gives those of an autocomplete. */
function reopen(field) {
  field.dispatchEvent(new FocusEvent("focus"));
  if (!marked()) field.dispatchEvent(new Event("input", { bubbles: true }));
}
document.addEventListener("click", ({ target }) => {
  if (hasList(target) && target === document.activeElement && !choosing()) reopen(target);
});
// A press on a choice leaves the cursor where it is.
document.addEventListener("mousedown", (event) => {
  if (event.target instanceof Element && event.target.closest(".command-popup")) event.preventDefault();
});

// -------------------------------------------------------------------- keys

const LIST_MS = 3000, LOOK_MS = 40;
let moved = false;
document.addEventListener("focusin", () => { moved = false; });

/** An Enter pressed before its list came: it takes the choice once that is there, and a second one sends. */
let early = null;

function takeEarly() {
  const { draft, autocomplete } = status().commandPicker;
  const isLoading = autocomplete.state === "loading" && Date.now() < early.until;
  if (isLoading && draft?.focusedOption === early.option) { setTimeout(takeEarly, LOOK_MS); return; }
  const { option, sends } = early;
  early = null;
  if (draft?.focusedOption !== option) return;
  const choice = marked();
  choice?.click();
  if (sends || !choice) form().requestSubmit();
}

function isEarly(target) {
  const { option, state } = status().commandPicker.autocomplete;
  return hasList(target) && !marked() && state === "loading" && option === target.dataset.option;
}

/** What Enter does where simcord does something else than Discord; undefined: what simcord does. */
function entered(target) {
  if (early) return () => { early.sends = true; };
  if (isEarly(target)) {
    return () => {
      early = { option: target.dataset.option, sends: false, until: Date.now() + LIST_MS };
      takeEarly();
    };
  }
  const needsNothing = offersOptions() && !moved && target.closest(".command-chip");
  const hasFile = target.matches(".command-file-choose") && target.parentElement.querySelector(".command-file-remove");
  return needsNothing || hasFile ? () => form().requestSubmit() : undefined;
}

function keyed({ key, target, shiftKey }) {
  if (key === "Enter") return entered(target);
  if (key === "Tab" && !shiftKey && marked() && (!offersOptions() || moved)) return () => marked().click();
  if (["ArrowDown", "ArrowUp"].includes(key)) {
    moved = true;
    if (hasList(target) && !choosing()) return () => reopen(target);
  }
  return undefined;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || !(event.target instanceof Element) || !composing()?.contains(event.target)) return;
  const act = keyed(event);
  if (!act) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  act();
}, true);

// -------------------------------------------------------------------- sending

// A press of Send while the page is being published is lost in simcord; it is repeated until the command leaves.
// One that failed at the bot stays in the composer: only the person sends it again.
const RESEND_MS = 100, RESENDS = 60;
let presses = null;

function checkSent() {
  const now = status();
  const leaves = now?.pendingAction?.kind === "run_command";
  if (leaves || !now?.commandPicker.draft?.submittable || presses === 0) presses = null;
}

document.addEventListener("submit", ({ target }) => {
  if (target !== form() || !composing()) return;
  presses ??= RESENDS;
  setTimeout(checkSent, 0);
}, true);
document.addEventListener("input", () => { presses = null; });
document.addEventListener("pointerdown", () => { presses = null; });
setInterval(() => {
  if (presses === null || blocked(status())) return;
  presses -= 1;
  form().requestSubmit();
}, RESEND_MS);

// -------------------------------------------------------------------- mentions of commands

/** The command of a clicked mention, until the list of commands has it. */
let wanted = null;

function chooseWanted() {
  const entries = [...document.querySelectorAll(".command-popup .command-entry")];
  const entry = entries.find((each) => each.querySelector("strong").textContent === wanted.command);
  const isLoading = status()?.commandPicker.catalog.state === "loading" && Date.now() < wanted.until;
  if (!entry && isLoading) { setTimeout(chooseWanted, LOOK_MS); return; }
  wanted = null;
  if (entry) { entry.click(); return; }
  write("");
  note(offered.words.no_command);
}

/** Choose the command of a mention, as from the list of commands. */
function choose(mention) {
  document.querySelector(".command-context-close")?.click();
  if (!document.querySelector("#channel-composer-input")) return;
  wanted = { command: mention.textContent, until: Date.now() + LIST_MS };
  write(wanted.command);
  chooseWanted();
}

document.addEventListener("click", ({ target }) => {
  const mention = target instanceof Element && target.closest("span.command-mention");
  if (mention) choose(mention);
});

/** Whether something that the person did here is still on its way. */
export const composes = () => presses !== null || Boolean(early || wanted);
