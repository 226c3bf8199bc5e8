// Restores what was typed into a form whose POST was answered by the sign-in page because the session had expired. The
// last form sent is stored in sessionStorage until the next page shows whether it was accepted; if it was not, the form
// offers its values again. Certify forms are excluded: they have drafts (drafts.js).
(() => {
  "use strict";
  const STORAGE_KEY = "certhelper:sent"; // this and the keys of an entry stay: pages of an earlier version wrote some
  const userId = document.body.dataset.signedIn;
  const readEntry = () => JSON.parse(sessionStorage.getItem(STORAGE_KEY) || "null");
  const writeEntry = (entry) => sessionStorage.setItem(STORAGE_KEY, JSON.stringify(entry));
  const removeEntry = () => sessionStorage.removeItem(STORAGE_KEY);
  // With hasAttribute: form.dataset of a certify form is its own field of the name "dataset".
  const isRestorable = (form) => form.method === "post" && !form.hasAttribute("data-draft") && form.querySelector("textarea");
  const isUserInput = (input) => input.name && !["hidden", "submit", "button", "password"].includes(input.type);

  document.addEventListener("submit", ({ target: form }) => {
    if (!isRestorable(form)) return;
    const isTyped = ([name]) => [...form.elements].some((input) => input.name === name && isUserInput(input));
    const typed = [...new FormData(form)].filter(isTyped);
    writeEntry({ action: form.action, typed, by: userId, at: new Date().toISOString().slice(11, 19), isRefused: false });
  });

  function fillForm(form, typed) {
    for (const input of [...form.elements].filter(isUserInput)) {
      const values = typed.filter(([name]) => name === input.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(input.type)) input.checked = values.includes(input.value);
      else if (values.length) input.value = values[0];
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function createButton(label, onClick) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.textContent = label;
    button.addEventListener("click", onClick);
    return button;
  }

  function offerRestore(form) {
    const entry = readEntry();
    if (!entry?.isRefused || entry.by !== userId || form.action !== entry.action || !isRestorable(form)) return;
    const notice = document.createElement("div");
    notice.className = "notice notice-warning row";
    notice.setAttribute("role", "status");
    const text = document.createElement("span");
    text.textContent = `You were signed out when you sent this at ${entry.at} UTC; nothing was saved. What you typed is still here.`;
    const dismiss = () => { removeEntry(); notice.remove(); };
    notice.append(
      text,
      createButton("Put it back", () => { fillForm(form, entry.typed); dismiss(); form.querySelector("textarea").focus(); }),
      createButton("Discard", dismiss),
    );
    form.prepend(notice);
  }

  const offerRestoreIn = (container) => [...container.querySelectorAll("form")].forEach(offerRestore);
  const lastEntry = readEntry();
  if (lastEntry && !userId) writeEntry({ ...lastEntry, isRefused: true });
  else if (lastEntry && !(lastEntry.isRefused && lastEntry.by === userId)) removeEntry();
  if (userId) {
    offerRestoreIn(document);
    document.addEventListener("htmx:load", ({ detail }) => { if (detail.elt !== document.body) offerRestoreIn(detail.elt); });
  }
})();
