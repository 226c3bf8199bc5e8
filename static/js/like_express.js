// "All like express" without leaving the page: the form is posted, and the values of the answer are set in this form. An
// input that was changed meanwhile keeps its value, and a save waits for the answer. If the answer is not that form (signed
// out, an error, no answer), the form is submitted as without this script.
(() => {
  "use strict";
  const form = document.querySelector("[data-certify]");
  const button = form?.querySelector("[name=like_express][value=take]");
  if (!button) return;
  const TIMEOUT_MS = 8000;
  let isWaiting = false;
  let waitingSubmitter = null;

  const isInput = (input) => input.name && !["hidden", "submit", "button"].includes(input.type);
  const valuesOf = (data, name) => data.getAll(name).join("\n");

  function setValues(name, values) {
    for (const input of [...form.elements].filter((candidate) => candidate.name === name)) {
      if (["radio", "checkbox"].includes(input.type)) input.checked = values.includes(input.value);
      else input.value = values[0] ?? "";
    }
  }

  function takeOver(answer, sent) {
    const [present, answered] = [new FormData(form), new FormData(answer)];
    for (const name of new Set([...form.elements].filter(isInput).map((input) => input.name))) {
      if (valuesOf(present, name) === valuesOf(sent, name)) setValues(name, answered.getAll(name));
    }
    const mark = answer.querySelector("[type=hidden][name=like_express]");
    if (mark) form.append(mark);
    const notice = answer.querySelector(".like-express");
    document.querySelector("[data-announcements]").textContent = notice?.textContent.trim();
    button.closest(".like-express").replaceWith(notice ?? "");
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async function request(sent) {
    const body = new URLSearchParams(sent);
    body.append(button.name, button.value);
    const options = { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) };
    const response = await fetch(location.href, options);
    const page = response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
    return page?.querySelector("[data-certify]");
  }

  button.addEventListener("click", async (event) => {
    event.preventDefault();
    if (isWaiting) return;
    isWaiting = true;
    const sent = new FormData(form);
    const answer = await request(sent).catch(() => null);
    isWaiting = false;
    if (answer) takeOver(answer, sent);
    if (!answer) form.requestSubmit(button);
    else if (waitingSubmitter) form.requestSubmit(waitingSubmitter);
  });

  // Before the listeners of other scripts, which take a submission for the end of the page.
  document.addEventListener("submit", (event) => {
    if (event.target !== form || !isWaiting) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waitingSubmitter = event.submitter;
  }, true);
})();
