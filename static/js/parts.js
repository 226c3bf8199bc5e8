// Parts of a page that load by themselves ([data-part]) fail by themselves: each says so, with a way on.
// What was typed into a form of a part stays where it is.
(() => {
  const partOf = (event) => event.target.closest?.("[data-part]");
  const addressOf = (part) => part.getAttribute("hx-get") || location.href;

  const told = (words, link, address) => {
    const note = document.createElement("p");
    note.className = "notice notice-error";
    note.setAttribute("role", "alert");
    const text = document.createElement("span");
    const way = document.createElement("a");
    way.href = address;
    way.target = "_blank";
    way.textContent = link;
    text.append(words, " ", way);
    note.append(text);
    return note;
  };

  const say = (event, words, link, address) => {
    const part = partOf(event);
    if (!part) return;
    const note = told(words, link, address || addressOf(part));
    const body = document.getElementById(`${part.id}-body`);
    body.querySelector(":scope .notice-error")?.remove();
    if (event.target.closest("form")) body.prepend(note); else body.replaceChildren(note);
    part.removeAttribute("aria-busy");
  };

  // On a phone the parts after the first are closed; each loads when it is opened. Runs before htmx looks at the page.
  const open = (part, isOpen = true) => {
    const button = part?.querySelector("[data-opens]");
    if (!button) return;
    part.toggleAttribute("data-closed", !isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) part.dispatchEvent(new Event("opened"));
  };
  const close = (part) => {
    const heading = part.querySelector("h2");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.opens = "";
    button.setAttribute("aria-controls", `${part.id}-body`);
    button.append(...heading.childNodes);
    heading.append(button);
    part.setAttribute("hx-trigger", "opened once");
    button.addEventListener("click", () => open(part, part.hasAttribute("data-closed")));
    open(part, false);
  };
  const wanted = () => document.getElementById(location.hash.slice(1));
  if (matchMedia("(max-width: 700px)").matches) {
    for (const part of [...document.querySelectorAll("[data-part][hx-trigger=load]")].slice(1)) {
      if (part !== wanted()) close(part);
    }
    window.addEventListener("hashchange", () => open(wanted()));
  }

  const title = (event) => partOf(event)?.querySelector("h2").textContent;

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!partOf(event)) return;
    if (event.detail.xhr.responseURL.includes("/accounts/")) {
      event.detail.shouldSwap = false;
      say(event, "You are signed out. Nothing typed here is lost: sign in, then come back.", "Sign in", location.href);
    } else if (event.detail.xhr.status === 409) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  // The parts above come later than the jump to one below: it is made again until somebody moves on by themselves.
  let jump = document.getElementById(location.hash.slice(1));
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    window.addEventListener(name, () => { jump = null; }, { once: true, passive: true });
  }
  document.addEventListener("htmx:afterSettle", (event) => { if (jump && partOf(event)) jump.scrollIntoView(); });

  document.addEventListener("htmx:afterSwap", (event) => partOf(event)?.removeAttribute("aria-busy"));
  document.addEventListener("htmx:responseError", (event) => {
    say(event, `${title(event)}: the server answered with an error (${event.detail.xhr.status}). The rest of the page is not touched by it.`, "Open it alone");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => say(event, `${title(event)}: the server did not answer.`, "Open it alone"));
  }
})();
