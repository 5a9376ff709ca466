// What the demo adds to simcord's preview, each in its module: the channels, the composer, reactions, times that tick.
// simcord draws everything else; nothing here knows what a card says.

import { offeredTo, refreshOffer, turning } from "./channels.js";
import { nameReplies } from "./chat.js";
import { composes } from "./composer.js";
import { follow } from "./follow.js";
import { yieldToForms } from "./frame.js";
import { nameIcons } from "./icons.js";
import { addReactionButton } from "./reactions.js";
import { atWork, blocked, recover, status } from "./session.js";
import { tick } from "./times.js";
import { drawThinking } from "./working.js";

/** What a test asks before each press: whether the page is at work, or about to load again. */
window.demoPage = {
  get busy() {
    const now = status();
    return !now || blocked(now) || atWork() || turning() || composes() || offeredTo !== now.viewerId;
  },
};

let drawing = false;
function drawn() {
  drawing = false;
  document.querySelectorAll(".channel-message").forEach(addReactionButton);
  nameReplies();
  nameIcons();
  drawThinking();
  yieldToForms();
  tick();
  follow();
}
new MutationObserver(() => {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(drawn);
}).observe(document.documentElement, { childList: true, subtree: true });

setInterval(() => { void refreshOffer(); recover(); }, 400);
