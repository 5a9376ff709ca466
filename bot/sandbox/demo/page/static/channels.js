// What the page offers its viewer, the channels, and the language.

import { button, element, note } from "./elements.js";
import { call, reload, status } from "./session.js";
import { tellTimesIn } from "./times.js";

export let offered = null;
export let offeredTo = null;

export async function refreshOffer() {
  const viewer = status()?.viewerId;
  if (!viewer || viewer === offeredTo) return;
  offeredTo = viewer;
  try {
    offered = await call(`/demo/offered?viewer=${viewer}`);
    if (!offered.channels.some((channel) => channel.here)) { await openChannel(offered.channels[0].id); return; }
    tellTimesIn(offered.locale);
    document.documentElement.lang = offered.locale;
    drawChannels();
  } catch { offeredTo = null; }
}

function drawChannels() {
  document.querySelector(".demo-channels")?.remove();
  const layout = document.querySelector("#channel-layout");
  if (!layout) return;
  const bar = element("nav", "demo-channels");
  bar.setAttribute("aria-label", offered.words.channels);
  for (const channel of offered.channels) {
    const chosen = button("", "", () => openChannel(channel.id));
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

async function openChannel(id) {
  const viewer = status().viewerId;
  try {
    await call("/demo/channel", { viewer, channel: id });
    reload();
  } catch (error) { note(error.message); }
}
