// Names of buttons that are an icon alone: for the pointer, and for those who hear the page.

import { offered } from "./channels.js";

export function nameIcons() {
  if (!offered) return;
  for (const control of document.querySelectorAll(".component-row button:not([title])")) {
    const words = offered.icons[control.textContent.trim()];
    if (!words) continue;
    control.title = words;
    control.setAttribute("aria-label", words);
  }
}
