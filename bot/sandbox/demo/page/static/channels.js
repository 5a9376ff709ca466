// What the page offers its viewer, the channels, and the language.

import { button, element, note } from "./elements.js";
import { followNewest } from "./follow.js";
import { call, reload, status } from "./session.js";
import { tellTimesIn } from "./times.js";

export let offered = null;
export let offeredTo = null;

let awaited = 0;
/** Whether another channel or viewer is chosen and not shown yet. */
export const turning = () => awaited > (status()?.contextGeneration ?? 0);

export async function refreshOffer() {
  const viewer = status()?.viewerId;
  if (!viewer || viewer === offeredTo || turning()) return;
  offeredTo = viewer;
  try {
    take(await call(`/demo/offered?viewer=${viewer}`), viewer);
    if (!offered.channels.some((channel) => channel.here)) await look(viewer, offered.channels[0].id);
  } catch { offeredTo = null; }
}

function take(offer, viewer) {
  offered = offer;
  offeredTo = viewer;
  tellTimesIn(offered.locale);
  document.documentElement.lang = offered.locale;
  drawChannels();
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

function drawChannels() {
  document.querySelector(".demo-channels")?.remove();
  const layout = document.querySelector("#channel-layout");
  if (!layout) return;
  const bar = element("nav", "demo-channels");
  bar.setAttribute("aria-label", offered.words.channels);
  for (const channel of offered.channels) {
    const chosen = button("", "", () => look(status().viewerId, channel.id));
    chosen.dataset.channel = channel.id;
    chosen.textContent = `# ${channel.name}`;
    if (channel.here) chosen.setAttribute("aria-current", "page");
    bar.append(chosen);
  }
  bar.append(languagePicker());
  layout.prepend(bar);
}

function languagePicker() {
  const label = element("label", "demo-language", offered.words.language);
  const picker = element("select", "");
  for (const { id, name, here } of offered.languages) picker.append(new Option(name, id, here, here));
  picker.addEventListener("change", () => chooseLanguage(picker.value));
  label.append(picker);
  return label;
}

async function chooseLanguage(language) {
  try {
    await call("/demo/language", { viewer: status().viewerId, language });
    reload();
  } catch (error) { note(error.message); }
}
