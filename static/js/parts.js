// Parts of a page that load by themselves ([data-part]) fail by themselves: each says so, with a way to try again.
(() => {
  const say = (part, words, link, address) => {
    const body = document.getElementById(`${part.id}-body`);
    const told = document.createElement("p");
    told.className = "notice notice-error";
    told.setAttribute("role", "alert");
    const text = document.createElement("span");
    const again = document.createElement("a");
    again.href = address;
    again.textContent = link;
    text.append(words, " ", again);
    told.append(text);
    body.replaceChildren(told);
    part.removeAttribute("aria-busy");
  };
  const partOf = (event) => event.target.closest?.("[data-part]");
  const address = (part) => part.getAttribute("hx-get") || location.href;

  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = partOf(event);
    if (!part) return;
    if (event.detail.xhr.responseURL.includes("/accounts/")) {
      event.detail.shouldSwap = false;
      say(part, "You are signed out.", "Sign in again", location.href);
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => partOf(event)?.removeAttribute("aria-busy"));
  document.addEventListener("htmx:responseError", (event) => {
    const part = partOf(event);
    if (part) say(part, `${part.querySelector("h2").textContent} could not be made (error ${event.detail.xhr.status}). The rest of the page is not touched by this.`, "Open it alone", address(part));
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const part = partOf(event);
      if (part) say(part, `${part.querySelector("h2").textContent} did not come: the server did not answer.`, "Open it alone", address(part));
    });
  }
})();
