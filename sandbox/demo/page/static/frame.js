// Discord's frame around the conversation: the server's icon and channels at the left, its members at the right.
// On a narrow screen each is a drawer.

import { button, element } from "./elements.js";

const NARROW = matchMedia("(max-width: 760px)");
let opener = null;

function face(address, className = "demo-face") {
  const shown = element("img", className);
  shown.src = address;
  shown.alt = "";
  return shown;
}

function badge(count) {
  return element("span", "demo-badge", count > 9 ? "9+" : String(count));
}

const initials = (name) => name.split(/\s+/).map((word) => word[0]).join("").slice(0, 3);

/** Draw both sides, from what the page offers its viewer; `open` opens a channel by id. */
export function drawFrame(offered, open) {
  const go = (id) => { closeDrawers(); open(id); };
  const left = element("aside", "demo-sidebar");
  left.append(rail(offered, go), list(offered, go));
  const right = element("aside", "demo-members");
  right.setAttribute("aria-label", offered.words.members);
  right.append(...offered.members.map(memberGroup));
  replace(".demo-sidebar", left, (made) => document.querySelector("#preview-stage").before(made));
  replace(".demo-members", right, (made) => document.querySelector("#preview-stage").after(made));
  drawToggles(offered);
}

/** Put a side in place of the one drawn before, where it was scrolled to and as open as it was. */
function replace(selector, made, place) {
  const before = document.querySelector(selector);
  if (!before) { place(made); return; }
  if (before.isEqualNode(made)) return;
  const focused = before.contains(document.activeElement) ? document.activeElement.dataset.channel : null;
  const scrolled = [...before.querySelectorAll(".demo-channels")].map((each) => each.scrollTop);
  before.replaceWith(made);
  made.querySelectorAll(".demo-channels").forEach((each, at) => { each.scrollTop = scrolled[at] ?? 0; });
  if (focused) made.querySelector(`[data-channel="${focused}"]`)?.focus();
}

function rail({ server, channels, words }, go) {
  const made = element("div", "demo-rail");
  for (const { id, name, face: address, unread, here } of channels.filter((each) => each.face && each.unread)) {
    const direct = button("demo-rail-item", `${words.direct}: ${name}`, () => go(id));
    if (here) direct.setAttribute("aria-current", "page");
    direct.append(face(address), badge(unread));
    made.append(direct);
  }
  if (made.childElementCount) made.append(element("span", "demo-rail-line"));
  const icon = element("span", "demo-server-icon is-here", initials(server));
  icon.title = server;
  made.append(icon);
  return made;
}

function list({ server, channels, me, words }, go) {
  const made = element("div", "demo-list");
  const channelList = element("nav", "demo-channels");
  channelList.setAttribute("aria-label", words.channels);
  for (const [group, inside] of Map.groupBy(channels, (channel) => channel.group)) {
    if (group) channelList.append(element("h2", "", group));
    channelList.append(...inside.map((channel) => channelButton(channel, words, go)));
  }
  const own = element("div", "demo-own");
  const names = element("span", "demo-own-names");
  names.append(element("strong", "", me.name), element("span", "", me.account));
  own.append(portrait(me.face), names);
  made.append(element("header", "demo-server", server), channelList, own);
  return made;
}

function channelButton({ id, name, face: address, here, unread }, words, go) {
  const made = button("", "", () => go(id));
  made.dataset.channel = id;
  made.append(address ? face(address) : element("span", "demo-hash", "#"), element("span", "demo-channel-name", name));
  if (here) made.setAttribute("aria-current", "page");
  if (unread && !here) {
    made.classList.add("is-unread");
    made.append(address ? badge(unread) : element("span", "demo-badge visually-hidden", words.unread));
  }
  return made;
}

function portrait(address) {
  const made = element("span", "demo-portrait");
  made.append(face(address), element("span", "demo-presence"));
  return made;
}

function memberGroup({ name, colour, people }) {
  const made = element("section", "");
  made.append(element("h2", "", `${name} — ${people.length}`));
  for (const person of people) {
    const row = element("div", "demo-member");
    const shown = element("span", "demo-member-name", person.name);
    if (colour !== "#000000") shown.style.color = colour;
    row.append(portrait(person.face), shown);
    if (person.bot) row.append(element("span", "message-app-badge", "APP"));
    made.append(row);
  }
  return made;
}

// -------------------------------------------------------------------- the drawers of a narrow screen

function drawToggles({ channels, words }) {
  const header = document.querySelector(".channel-header");
  header.querySelectorAll(".demo-toggle").forEach((each) => each.remove());
  const open = toggle("demo-open-channels", words.channels, "M4 6h16M4 12h16M4 18h16");
  const unread = channels.reduce((sum, each) => sum + (each.face && !each.here ? each.unread : 0), 0);
  if (unread) open.append(badge(unread));
  header.prepend(open);
  header.append(toggle("demo-open-members", words.members,
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8.5c0-3.6 2.9-5.5 6.5-5.5s6.5 1.9 6.5 5.5M16 4.5a3.5 3.5 0 0 1 0 6.3m2 3.4c2.1.7 3.5 2.4 3.5 5.3"));
}

function toggle(which, label, path) {
  const made = button(`demo-toggle ${which}`, label, () => {
    const shown = document.body.classList.contains(which);
    closeDrawers();
    if (!shown) openDrawer(which, made);
  });
  made.title = label;
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "path");
  drawn.setAttribute("d", path);
  icon.append(drawn);
  made.append(icon);
  return made;
}

function openDrawer(which, from) {
  document.body.classList.add(which);
  opener = from;
  const drawer = document.querySelector(which === "demo-open-channels" ? ".demo-sidebar" : ".demo-members");
  drawer.querySelector("[aria-current], button")?.focus();
}

function closeDrawers() {
  document.body.classList.remove("demo-open-channels", "demo-open-members");
  if (opener?.isConnected) opener.focus();
  opener = null;
}

const scrim = button("demo-scrim", "", closeDrawers);
scrim.tabIndex = -1;
scrim.setAttribute("aria-hidden", "true");
document.body.append(scrim);
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && opener) closeDrawers(); });
NARROW.addEventListener("change", closeDrawers);

/** Keep both sides out of reach while a form is open, as the conversation is. */
export function yieldToForms() {
  const open = document.querySelector("#modal-root")?.childElementCount > 0;
  for (const side of document.querySelectorAll(".demo-sidebar, .demo-members")) side.inert = open;
}
