// What the demo adds to simcord's preview: channels, a reaction picker, times that tick, pickers that are filled when
// they open, commands that can be clicked. simcord draws everything else; nothing here knows what a card says.

const key = location.hash.slice(1);
const RELATIVE = /^(?:in |now$|this |next |last |yesterday|tomorrow)| ago$/;
const STUCK_MS = 4000;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
document.cookie = `demo-zone=${zone}; path=/; SameSite=Strict`;

const status = () => window.simcordPreview;
let calls = 0;
let leaving = false;

async function call(path, body) {
  calls += 1;
  try {
    const answer = await fetch(path, {
      method: body ? "POST" : "GET",
      headers: { "X-Simcord-Capability": key, ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body && JSON.stringify(body),
      cache: "no-store",
    });
    if (!answer.ok) throw new Error(await answer.text());
    return await answer.json();
  } finally { calls -= 1; }
}

function reload() {
  leaving = true;
  location.reload();
}

/** Whether simcord would drop a press: another is on its way, or its result is not drawn yet. */
const blocked = (now) => !now.contextId || Boolean(now.pendingAction) || (now.awaitingRevision ?? 0) > now.publishedRevision;

/** What a test asks before each press: whether the page is at work, or about to load again. */
window.demoPage = {
  get busy() {
    const now = status();
    return !now || blocked(now) || calls > 0 || leaving || sending !== null || offeredTo !== now.viewerId;
  },
};

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function button(className, label, act) {
  const made = element("button", className);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

function note(text) {
  const shown = element("div", "demo-note", text);
  shown.setAttribute("role", "alert");
  document.body.append(shown);
  setTimeout(() => shown.remove(), 5000);
}

// -------------------------------------------------------------------- times

const UNITS = [["second", 60, 1], ["minute", 3600, 60], ["hour", 86400, 3600], ["day", 604800, 86400], ["week", Infinity, 604800]];
let relative = new Intl.RelativeTimeFormat("en-US", { numeric: "auto" });

function sinceNow(iso) {
  const seconds = (new Date(iso).getTime() - Date.now()) / 1000;
  const [unit, , length] = UNITS.find(([, below]) => Math.abs(seconds) < below);
  return relative.format(Math.round(seconds / length), unit);
}

function tick() {
  for (const time of document.querySelectorAll("time.discord-timestamp")) {
    if (!time.dataset.ticks) time.dataset.ticks = RELATIVE.test(time.textContent) ? "yes" : "no";
    if (time.dataset.ticks === "no") continue;
    const text = sinceNow(time.dateTime);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 1000);

// -------------------------------------------------------------------- channels

let offered = null;
let offeredTo = null;

async function refreshOffer() {
  const viewer = status()?.viewerId;
  if (!viewer || viewer === offeredTo) return;
  offeredTo = viewer;
  try {
    offered = await call(`/demo/offered?viewer=${viewer}`);
    if (!offered.channels.some((channel) => channel.here)) { await openChannel(offered.channels[0].id); return; }
    relative = new Intl.RelativeTimeFormat(offered.locale, { numeric: "auto" });
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

// -------------------------------------------------------------------- reactions

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

function addReactionButton(message) {
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

// -------------------------------------------------------------------- the composer

/** Open a picker with its choices: simcord asks for them when something is typed, Discord when the field is entered. */
document.addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || !target.matches(".command-option-input[aria-autocomplete]")) return;
  if (target.value || target.dataset.opened) return;
  target.dataset.opened = "yes";
  setTimeout(() => {
    if (document.activeElement !== target || target.value) return;
    target.dispatchEvent(new Event("input", { bubbles: true }));
    const empty = document.querySelector(".command-popup .command-empty");
    if (empty) empty.textContent = offered?.words.loading ?? "…";
  }, 0);
});

const composing = () => document.querySelector(".command-row");
const choosing = () => document.querySelector(".command-popup:not([hidden])");
let moved = false;
document.addEventListener("focusin", () => { moved = false; });

/** Send a command that needs nothing at once, as Discord does; simcord would take its first option. */
document.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") moved = true;
  if (event.key !== "Enter" || !(event.target instanceof Element) || !composing()?.contains(event.target)) return;
  const offersOptions = choosing()?.querySelector(".command-suggestion-ellipsis");
  if (choosing() && !(offersOptions && !moved && event.target.closest(".command-chip"))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.querySelector("#channel-composer").requestSubmit();
}, true);

// A press of Send while the page is being published is lost in simcord; it is repeated until the bot got the command.
// One that failed there stays in the composer: only the person sends it again.
const RESEND_MS = 300, RESENDS = 20;
let sending = null;
const lastCommand = (now) => now?.activity.findLast((act) => act.command && act.dispatched)?.requestId;
document.addEventListener("submit", ({ target }) => {
  if (target.id === "channel-composer" && composing()) sending ??= { left: RESENDS, after: lastCommand(status()) };
}, true);
document.addEventListener("input", () => { sending = null; });
document.addEventListener("pointerdown", () => { sending = null; });
setInterval(() => {
  if (!sending) return;
  const now = status();
  const over = !now?.commandPicker.draft?.submittable || lastCommand(now) !== sending.after || sending.left === 0;
  if (over) { sending = null; return; }
  if (blocked(now)) return;
  sending.left -= 1;
  document.querySelector("#channel-composer").requestSubmit();
}, RESEND_MS);

function useCommand(mention) {
  const composer = document.querySelector("#channel-composer-input");
  if (!composer) return;
  composer.value = mention.textContent;
  composer.focus();
  composer.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", ({ target }) => {
  const mention = target instanceof Element && target.closest("span.command-mention");
  if (mention) useCommand(mention);
});

// -------------------------------------------------------------------- the newest message

const NEAR_PX = 120;
let follows = true;

/** Stay at the newest message, unless the person has scrolled up; what they do brings them back. */
function follow() {
  const timeline = document.querySelector("#channel-timeline");
  if (follows && timeline) timeline.scrollTop = timeline.scrollHeight;
}

function looksUp() {
  const timeline = document.querySelector("#channel-timeline");
  follows = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < NEAR_PX;
}

for (const moving of ["wheel", "touchmove", "keyup", "pointerup"]) {
  document.addEventListener(moving, ({ target }) => {
    if (target instanceof Element && target.closest("#channel-timeline")) setTimeout(looksUp, 60);
  }, { passive: true });
}
document.addEventListener("submit", () => { follows = true; }, true);
document.addEventListener("keydown", ({ key, target }) => {
  if (key === "Enter" && target instanceof Element && target.closest("#channel-composer, #modal-root")) follows = true;
}, true);
document.addEventListener("click", ({ target }) => {
  if (target instanceof Element && target.closest(".message-components button, #modal-root button")) {
    setTimeout(() => { follows = true; }, 100);
  }
});
// A picture that has loaded makes the conversation longer.
new ResizeObserver(follow).observe(document.querySelector("#channel-message-list"));

// -------------------------------------------------------------------- a page that has lost its session

let stuckSince = null;

/** Load the page again where simcord would only say so: its session expired or never began, or an answer never came. */
function recover() {
  const now = status();
  if (!now) return;
  const stuck = now.transport?.state === "uncertain"
    || now.diagnostics.some(({ code }) => code === "bootstrap-failed")
    || document.querySelector("#action-status")?.textContent.includes("Reload the active Preview URL");
  if (!stuck) { stuckSince = null; return; }
  stuckSince ??= Date.now();
  if (Date.now() - stuckSince < STUCK_MS) return;
  stuckSince = null;
  reload();
}

// -------------------------------------------------------------------- pickers

const SAYS_GONE = "One or more selected options are no longer available.";

/** Hide what simcord says of a picker whose message has changed: it takes it for the one that stood in its place. */
function hideFalseGuidance() {
  for (const guidance of document.querySelectorAll(".select-guidance:not([hidden])")) {
    if (guidance.textContent === SAYS_GONE) guidance.hidden = true;
  }
}

// -------------------------------------------------------------------- whenever the page was drawn

let drawing = false;
function drawn() {
  drawing = false;
  document.querySelectorAll(".channel-message").forEach(addReactionButton);
  hideFalseGuidance();
  tick();
  follow();
}
new MutationObserver(() => {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(drawn);
}).observe(document.documentElement, { childList: true, subtree: true });

setInterval(() => { void refreshOffer(); recover(); }, 400);
