// What the page offers its viewer, the channels, and the language.

import { element, note } from "./elements.js";
import { followNewest } from "./follow.js";
import { drawFrame } from "./frame.js";
import { call, reload, status } from "./session.js";
import { tellTimesIn } from "./times.js";

export let offered = null;
export let offeredTo = null;

let awaited = 0;
/** Whether another channel or viewer is chosen and not shown yet. */
export const turning = () => awaited > (status()?.contextGeneration ?? 0);

let offeredAt = null;

/** Ask what the page offers, for a new viewer; and whenever the page was published, for what is unread. */
export async function refreshOffer() {
  const { viewerId: viewer, publishedRevision: revision } = status() ?? {};
  if (!viewer || turning() || (viewer === offeredTo && revision === offeredAt)) return;
  const quietly = viewer === offeredTo;
  offeredTo = viewer;
  offeredAt = revision;
  try {
    const offer = await call(`/demo/offered?viewer=${viewer}`, undefined, quietly);
    if (turning()) return;
    take(offer, viewer);
    if (!offered.channels.some((channel) => channel.here)) await look(viewer, offered.channels[0].id);
  } catch { offeredTo = null; }
}

function take(offer, viewer) {
  offered = offer;
  offeredTo = viewer;
  const { locale, timezone } = status().profile;
  tellTimesIn(locale, timezone, offered.words);
  document.documentElement.lang = locale;
  drawFrame(offered, (channel) => look(status().viewerId, channel));
  drawLanguagePicker();
}

/** Show a viewer a channel: the page stays, and simcord's next answer is of there. */
async function look(viewer, channel) {
  awaited = Infinity;
  showCurrent(channel);
  followNewest();
  try {
    const offer = await call("/demo/look", { viewer, channel });
    take(offer, viewer);
    awaited = offer.generation;
  } catch (error) {
    awaited = 0;
    offeredTo = null;
    note(error.message);
  }
}

/** Mark a channel as the current one, before the server has it. */
function showCurrent(id) {
  for (const each of document.querySelectorAll(".demo-channels button")) {
    each.toggleAttribute("aria-current", each.dataset.channel === id);
    if (each.dataset.channel === id) each.setAttribute("aria-current", "page");
  }
}

// simcord's own change of the viewer empties the page first.
document.addEventListener("change", (event) => {
  if (event.target.id !== "viewer-picker") return;
  event.stopImmediatePropagation();
  void look(event.target.value, offered.channels.find((channel) => channel.here).id);
}, true);

function drawLanguagePicker() {
  const before = document.querySelector(".demo-language");
  if (before?.querySelector("select").value === offered.languages.find((each) => each.here).id) return;
  before?.remove();
  const label = element("label", "demo-language", offered.words.language);
  const picker = element("select", "");
  for (const { id, name, here } of offered.languages) picker.append(new Option(name, id, here, here));
  picker.addEventListener("change", () => chooseLanguage(picker.value));
  label.append(picker);
  document.querySelector(".viewer-control").after(label);
}

async function chooseLanguage(language) {
  try {
    await call("/demo/language", { language });
    reload();
  } catch (error) { note(error.message); }
}
