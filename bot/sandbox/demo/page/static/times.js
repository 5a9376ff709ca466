// Times that tick, in the language of the page and the zone of the browser.

const RELATIVE = /^(?:in |now$|this |next |last |yesterday|tomorrow)| ago$/;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
document.cookie = `demo-zone=${zone}; path=/; SameSite=Strict`;

const UNITS = [["second", 60, 1], ["minute", 3600, 60], ["hour", 86400, 3600], ["day", 604800, 86400], ["week", Infinity, 604800]];
let relative = new Intl.RelativeTimeFormat("en-US", { numeric: "auto" });

export function tellTimesIn(locale) {
  relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
}

function sinceNow(iso) {
  const seconds = (new Date(iso).getTime() - Date.now()) / 1000;
  const [unit, , length] = UNITS.find(([, below]) => Math.abs(seconds) < below);
  return relative.format(Math.round(seconds / length), unit);
}

export function tick() {
  for (const time of document.querySelectorAll("time.discord-timestamp")) {
    if (!time.dataset.ticks) time.dataset.ticks = RELATIVE.test(time.textContent) ? "yes" : "no";
    if (time.dataset.ticks === "no") continue;
    const text = sinceNow(time.dateTime);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 1000);
