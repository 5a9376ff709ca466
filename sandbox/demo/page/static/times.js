// Times as Discord tells them, in the language of the page, and the zone and the clock of the browser.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
document.cookie = `demo-zone=${zone}; path=/; SameSite=Strict`;
document.cookie = `demo-locales=${navigator.languages.slice(0, 9).join("+")}; path=/; SameSite=Strict`;

const UNITS = [["second", 60, 1], ["minute", 3600, 60], ["hour", 86400, 3600], ["day", 604800, 86400], ["week", Infinity, 604800]];
let relative = new Intl.RelativeTimeFormat("en-US", { numeric: "auto" });
let posted = null;

export function tellTimesIn(locale, timeZone, { today, yesterday }) {
  relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const clock = new Intl.DateTimeFormat(locale, { timeZone, hour: "numeric", minute: "2-digit" });
  const date = new Intl.DateTimeFormat(locale, { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  posted = (iso) => {
    const at = new Date(iso);
    const day = date.format(at);
    if (day === date.format(Date.now())) return today.replace("{time}", clock.format(at));
    if (day === date.format(Date.now() - 86400000)) return yesterday.replace("{time}", clock.format(at));
    return `${day} ${clock.format(at)}`;
  };
}

function sinceNow(iso) {
  const seconds = (new Date(iso).getTime() - Date.now()) / 1000;
  const [unit, , length] = UNITS.find(([, below]) => Math.abs(seconds) < below);
  return relative.format(Math.round(seconds / length), unit);
}

/** Write a text in front of what else an element holds, such as the mark of an edited message. */
function write(element, text) {
  const first = element.firstChild;
  if (first?.nodeType !== Node.TEXT_NODE) element.prepend(text);
  else if (first.data !== text) first.data = text;
}

export function tick() {
  for (const time of document.querySelectorAll("time.discord-timestamp.is-R")) write(time, sinceNow(time.dateTime));
  if (!posted) return;
  for (const time of document.querySelectorAll("time.message-time")) write(time, posted(time.dateTime));
}
setInterval(tick, 1000);
