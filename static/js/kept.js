// What was typed into a form that came back from the sign-in, since the session had ended: offered in the form again.
// The last form that was sent lies in this tab until the next page says how it went. Certify forms have drafts instead.
(() => {
  "use strict";
  const SENT = "certhelper:sent";
  const person = document.body.dataset.signedIn;
  const recall = () => JSON.parse(sessionStorage.getItem(SENT) || "null");
  const keep = (sent) => sessionStorage.setItem(SENT, JSON.stringify(sent));
  const forget = () => sessionStorage.removeItem(SENT);
  const isKept = (form) => form.method === "post" && !form.dataset.draft && form.querySelector("textarea");
  const isTyped = (input) => input.name && !["hidden", "submit", "button", "password"].includes(input.type);

  document.addEventListener("submit", ({ target: form }) => {
    if (!isKept(form)) return;
    const typed = [...new FormData(form)].filter(([name]) => [...form.elements].some((one) => one.name === name && isTyped(one)));
    keep({ action: form.action, typed, by: person, at: new Date().toISOString().slice(11, 19), isRefused: false });
  });

  function put(form, typed) {
    for (const input of [...form.elements].filter(isTyped)) {
      const values = typed.filter(([name]) => name === input.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(input.type)) input.checked = values.includes(input.value);
      else if (values.length) input.value = values[0];
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function button(says, does) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button button-small";
    made.textContent = says;
    made.addEventListener("click", does);
    return made;
  }

  function offer(form) {
    const sent = recall();
    if (!sent?.isRefused || sent.by !== person || form.action !== sent.action || !isKept(form)) return;
    const notice = document.createElement("div");
    notice.className = "notice notice-warning row";
    notice.setAttribute("role", "status");
    const said = document.createElement("span");
    said.textContent = `You were signed out when you sent this at ${sent.at} UTC; nothing was saved. What you typed is still here.`;
    const done = () => { forget(); notice.remove(); };
    notice.append(
      said,
      button("Put it back", () => { put(form, sent.typed); done(); form.querySelector("textarea").focus(); }),
      button("Discard", done),
    );
    form.prepend(notice);
  }

  const offerIn = (part) => [...part.querySelectorAll("form")].forEach(offer);
  const last = recall();
  if (last && !person) keep({ ...last, isRefused: true });
  else if (last && !(last.isRefused && last.by === person)) forget();
  if (person) {
    offerIn(document);
    document.addEventListener("htmx:load", ({ detail }) => { if (detail.elt !== document.body) offerIn(detail.elt); });
  }
})();
