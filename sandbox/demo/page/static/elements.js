// Parts of the page that are ours.

export function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(className, label, act) {
  const made = element("button", className);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

export function note(text) {
  const shown = element("div", "demo-note", text);
  shown.setAttribute("role", "alert");
  document.body.append(shown);
  setTimeout(() => shown.remove(), 5000);
}
