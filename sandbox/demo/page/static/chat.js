// Chat as on Discord: what is said reaches the bot, `@` completes a name, and a reply mentions its author.

import { offered } from "./channels.js";
import { write } from "./composer.js";
import { element, note } from "./elements.js";
import { call, status } from "./session.js";

const box = () => document.querySelector("#channel-composer-input");
const isEdit = () => box().dataset.controlKey?.startsWith("edit:");
const people = () => offered.members.flatMap((group) => group.people).sort((one, other) => other.bot - one.bot);

// -------------------------------------------------------------------- saying something

document.addEventListener("submit", (event) => {
  if (event.target.id !== "channel-composer" || !box() || isEdit()) return;
  event.preventDefault();
  event.stopPropagation();
  const command = document.querySelector(".command-popup:not([hidden]) .command-entry.is-active");
  if (command) { command.click(); return; }
  if (box().value.trim()) void say(box().value, replyBar.dataset.replyTo ?? "");
}, true);

async function say(text, reply) {
  leaveReply();
  write("");
  try {
    await call("/demo/say", { viewer: status().viewerId, text, reply });
  } catch (error) {
    if (box() && !box().value) write(text);
    note(error.message);
  }
}

// -------------------------------------------------------------------- replies

const replyBar = document.querySelector("#reply-context");
const replyLabel = element("span", "demo-reply-label");
replyBar.prepend(replyLabel);
let repliesTo = "";

function leaveReply() {
  if (replyBar.dataset.replyTo) document.querySelector("#reply-cancel").click();
}

/** Name the buttons that reply in the language of the page. */
export function nameReplies() {
  if (!offered) return;
  for (const each of document.querySelectorAll('.message-action-button[data-control-key$=":action:reply"]')) {
    if (each.title === offered.words.reply) continue;
    each.title = offered.words.reply;
    each.setAttribute("aria-label", offered.words.reply);
  }
}

/** Mention the bot in a reply to it: Discord passes a reply to a command's result on to the bot only with its name. */
function drawReply() {
  const { replyTo = "", author = "" } = replyBar.dataset;
  if (replyTo === repliesTo || !offered) return;
  repliesTo = replyTo;
  replyLabel.textContent = replyTo ? offered.words.replying.replace("{name}", author) : "";
  const mention = `@${people().find((each) => each.bot)?.name} `;
  if (!box()) return;
  if (replyTo && mention === `@${author} ` && !box().value.includes(mention.trim())) write(mention + box().value);
  if (!replyTo && box().value === mention) write("");
}
new MutationObserver(drawReply).observe(replyBar, { attributeFilter: ["data-reply-to"] });

// -------------------------------------------------------------------- names

let list = null;

function closeList() {
  list?.popup.remove();
  list = null;
  box()?.removeAttribute("aria-activedescendant");
}

function matches({ name, bot }, typed) {
  const words = [name, ...name.split(/\s+/), ...(bot ? ["bot"] : [])];
  return words.some((word) => word.toLowerCase().startsWith(typed));
}

function suggest() {
  closeList();
  const before = box().value.slice(0, box().selectionStart);
  const at = /(?:^|\s)@([^@\n]{0,32})$/.exec(before);
  const found = at ? people().filter((each) => matches(each, at[1].toLowerCase())) : [];
  if (found.length) drawList(found, at[1].length + 1);
}

function drawList(found, length) {
  const popup = element("div", "demo-names");
  popup.setAttribute("role", "listbox");
  popup.setAttribute("aria-label", offered.words.members);
  popup.append(...found.map((person, at) => {
    const row = element("div", "demo-name");
    row.id = `demo-name-${at}`;
    row.setAttribute("role", "option");
    const face = element("img", "demo-face");
    face.src = person.face;
    face.alt = "";
    row.append(face, element("span", "", person.name));
    if (person.bot) row.append(element("span", "message-app-badge", "APP"));
    row.addEventListener("click", () => { list.at = at; complete(); });
    return row;
  }));
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  document.querySelector("#channel-composer").append(popup);
  list = { popup, found, length, at: 0 };
  mark(0);
}

function mark(at) {
  list.at = (at + list.found.length) % list.found.length;
  [...list.popup.children].forEach((row, each) => row.setAttribute("aria-selected", String(each === list.at)));
  list.popup.children[list.at].scrollIntoView({ block: "nearest" });
  box().setAttribute("aria-activedescendant", `demo-name-${list.at}`);
}

function complete() {
  const { value, selectionStart: caret } = box();
  const { found, at, length } = list;
  const start = `${value.slice(0, caret - length)}@${found[at].name} `;
  write(start + value.slice(caret));
  box().setSelectionRange(start.length, start.length);
  closeList();
}

const KEYS = {
  ArrowDown: () => mark(list.at + 1), ArrowUp: () => mark(list.at - 1),
  Enter: complete, Tab: complete, Escape: closeList,
};

document.addEventListener("input", ({ target }) => { if (target === box() && offered) suggest(); });
document.addEventListener("focusout", ({ target }) => { if (list && target === box()) closeList(); });
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.target !== box() || (event.shiftKey && event.key !== "Tab")) return;
  const act = list ? KEYS[event.key] : event.key === "Escape" && replyBar.dataset.replyTo ? leaveReply : undefined;
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}, true);
