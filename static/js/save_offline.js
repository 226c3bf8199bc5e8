// A save without a connection stays on the page: before the certify form is submitted, the server is asked for a sign of
// life. Without an answer the page says so, with everything typed still in place. Without JavaScript the browser shows its
// own error page instead.
(() => {
  "use strict";
  const form = document.querySelector("form[data-certify]");
  if (!form) return;
  const TIMEOUT_MS = 8000;
  let isReached = false;
  let isAsking = false;

  const notice = document.createElement("p");
  notice.className = "notice notice-error";
  notice.setAttribute("role", "alert");
  notice.hidden = true;
  (form.querySelector("[data-save]")?.parentElement ?? form).before(notice);

  function showNotReached() {
    const time = new Date().toISOString().slice(11, 19);
    notice.textContent = `Not saved at ${time} UTC: the server cannot be reached. Everything typed is still here. Save again once the connection is back.`;
    notice.hidden = false;
    notice.scrollIntoView({ block: "nearest" });
    form.dispatchEvent(new CustomEvent("save-not-sent")); // for the live check that the save has cancelled
  }

  async function isServerReached() {
    const options = { method: "HEAD", cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) };
    // Not form.dataset: the form has a field named dataset.
    return fetch(form.getAttribute("data-liveness"), options).then((answer) => answer.ok, () => false);
  }

  // In the capture phase, so that no other listener takes a submission that does not take place for one that does.
  document.addEventListener("submit", async (event) => {
    if (event.target !== form) return;
    if (isReached) { isReached = false; return; }
    event.preventDefault();
    event.stopPropagation();
    if (isAsking) return;
    isAsking = true;
    const { submitter } = event;
    isReached = await isServerReached();
    isAsking = false;
    notice.hidden = true;
    if (isReached) form.requestSubmit(submitter); else showNotReached();
  }, true);
})();
