// The bot at work, as Discord shows it: an answer that is still to come, and dots above the composer during a press.

import { offered } from "./channels.js";
import { element } from "./elements.js";

const AFTER_MS = 250;
/** Kinds of presses that the bot gets. */
const HAS_PRESS = new Set(["click", "select", "modal_submit", "run_command", "send_message"]);

function dots() {
  const made = element("span", "demo-dots");
  made.setAttribute("aria-hidden", "true");
  made.append(element("i", ""), element("i", ""), element("i", ""));
  return made;
}

/** Draw the answers that the bot has deferred. */
export function drawThinking() {
  if (!offered) return;
  for (const waiting of document.querySelectorAll(".message-loading:not(:has(.demo-dots))")) {
    waiting.replaceChildren(dots(), element("span", "", offered.words.thinking));
  }
}

const bar = element("div", "demo-working");
bar.hidden = true;
bar.setAttribute("role", "status");
document.querySelector("#channel-composer").append(bar);
let due = null;

function follow(action) {
  clearTimeout(due);
  if (!HAS_PRESS.has(action.dataset.pending)) { bar.hidden = true; return; }
  due = setTimeout(() => {
    bar.replaceChildren(dots(), element("span", "", offered?.words.thinking ?? ""));
    bar.hidden = false;
  }, AFTER_MS);
}

const action = document.querySelector("#action-status");
new MutationObserver(() => follow(action)).observe(action, { attributeFilter: ["data-pending"] });
