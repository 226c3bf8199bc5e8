// Fragments: parts of a page ([data-fragment]) that htmx loads one by one. Each shows its own loading error with a link to
// continue; the text typed into a form of a fragment is kept. On narrow screens they are collapsible.
(() => {
  const fragmentOf = (event) => event.target.closest?.("[data-fragment]");
  const urlOf = (fragment) => fragment.getAttribute("hx-get") || location.href;

  const createErrorNotice = (message, linkText, url) => {
    const notice = document.createElement("p");
    notice.className = "notice notice-error";
    notice.setAttribute("role", "alert");
    const text = document.createElement("span");
    const link = document.createElement("a");
    link.href = url;
    link.target = "_blank";
    link.textContent = linkText;
    text.append(message, " ", link);
    notice.append(text);
    return notice;
  };

  const showError = (event, message, linkText, url) => {
    const fragment = fragmentOf(event);
    if (!fragment) return;
    const notice = createErrorNotice(message, linkText, url || urlOf(fragment));
    const body = document.getElementById(`${fragment.id}-body`);
    body.querySelector(":scope .notice-error")?.remove();
    if (event.target.closest("form")) body.prepend(notice); else body.replaceChildren(notice);
    fragment.removeAttribute("aria-busy");
  };

  // On narrow screens all fragments but the first are collapsed, and each is loaded when it is expanded. This runs before
  // htmx processes the page, so that the changed trigger takes effect.
  const setExpanded = (fragment, isExpanded) => {
    const button = fragment?.querySelector("[data-fragment-toggle]");
    if (!button) return;
    fragment.toggleAttribute("data-collapsed", !isExpanded);
    button.setAttribute("aria-expanded", String(isExpanded));
    if (isExpanded) fragment.dispatchEvent(new Event("expanded"));
  };
  const makeCollapsible = (fragment) => {
    const heading = fragment.querySelector("h2");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.fragmentToggle = "";
    button.setAttribute("aria-controls", `${fragment.id}-body`);
    button.append(...heading.childNodes);
    heading.append(button);
    fragment.setAttribute("hx-trigger", fragment.getAttribute("hx-trigger").replace("load", "expanded once"));
    button.addEventListener("click", () => setExpanded(fragment, fragment.hasAttribute("data-collapsed")));
    setExpanded(fragment, false);
  };
  const hashTarget = () => document.getElementById(location.hash.slice(1));
  if (matchMedia("(max-width: 700px)").matches) {
    for (const fragment of [...document.querySelectorAll("[data-fragment][hx-trigger^=load]")].slice(1)) {
      if (fragment !== hashTarget()) makeCollapsible(fragment);
    }
    window.addEventListener("hashchange", () => setExpanded(hashTarget(), true));
  }

  const titleOf = (event) => fragmentOf(event)?.querySelector("h2").textContent;

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!fragmentOf(event)) return;
    if (event.detail.xhr.responseURL.includes("/accounts/")) {
      event.detail.shouldSwap = false;
      showError(event, "You are signed out. Nothing typed here is lost: sign in, then come back.", "Sign in", location.href);
    } else if (event.detail.xhr.status === 409) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  // Fragments above the target of the URL's hash load later and move it: scroll to it again after each, until the user
  // scrolls, types or clicks.
  let scrollTarget = hashTarget();
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    window.addEventListener(name, () => { scrollTarget = null; }, { once: true, passive: true });
  }
  document.addEventListener("htmx:afterSettle", (event) => { if (scrollTarget && fragmentOf(event)) scrollTarget.scrollIntoView(); });

  document.addEventListener("htmx:afterSwap", (event) => fragmentOf(event)?.removeAttribute("aria-busy"));
  document.addEventListener("htmx:responseError", (event) => {
    showError(event, `${titleOf(event)}: the server answered with an error (${event.detail.xhr.status}). The rest of the page is not touched by it.`, "Open it alone");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => showError(event, `${titleOf(event)}: the server did not answer.`, "Open it alone"));
  }
})();
