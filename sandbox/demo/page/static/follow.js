// The newest message stays in view.

const NEAR_PX = 120;
let follows = true;

/** Stay at the newest message, unless the person has scrolled up; what they do brings them back. */
export function follow() {
  const timeline = document.querySelector("#channel-timeline");
  if (follows && timeline) timeline.scrollTop = timeline.scrollHeight;
}

export function followNewest() { follows = true; }

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
