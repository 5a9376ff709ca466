// The picker of reactions.

import { offered } from "./channels.js";
import { button, element, note } from "./elements.js";
import { call, status } from "./session.js";

let picker = null;

function closePicker() {
  picker?.remove();
  picker = null;
}

function openPicker(owner, messageId) {
  closePicker();
  if (!offered) return;
  picker = element("div", "demo-picker");
  picker.setAttribute("role", "dialog");
  picker.setAttribute("aria-label", offered.words.add);
  picker.append(element("h2", "", offered.words.heading));
  for (const { emoji, does, says } of offered.reactions) {
    const choice = button("", says, () => react(messageId, emoji));
    choice.append(element("span", "", emoji), element("span", "", does));
    picker.append(choice);
  }
  document.body.append(picker);
  const at = owner.getBoundingClientRect();
  const size = picker.getBoundingClientRect();
  picker.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  picker.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - size.height - 8))}px`;
  picker.querySelector("button").focus();
}

async function react(messageId, emoji) {
  closePicker();
  try {
    await call("/demo/react", { viewer: status().viewerId, message: messageId, emoji });
  } catch (error) { note(error.message); }
}

export function addReactionButton(message) {
  if (!offered || message.querySelector(".message-ephemeral-note, .demo-react")) return;
  const id = message.dataset.messageId;
  const add = button("demo-react", offered.words.add, (event) => {
    event.stopPropagation();
    if (picker) closePicker(); else openPicker(event.currentTarget, id);
  });
  add.textContent = "☺";
  const bar = message.querySelector(".message-context-actions");
  if (bar) bar.prepend(add);
  const reactions = message.querySelector(".message-reactions");
  if (reactions) {
    const again = add.cloneNode(true);
    again.addEventListener("click", (event) => { event.stopPropagation(); openPicker(again, id); });
    reactions.append(again);
  }
}

document.addEventListener("click", (event) => { if (picker && !picker.contains(event.target)) closePicker(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closePicker(); });
