// A form with data-draft keeps itself: a second after the last change, and when the page is left. What the server does
// not have yet lies in the browser, under the account's own shelf, and is sent when the server is back. While the form
// is open it says so every 30 s, and is told who else has it open.
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  // By name: form.dataset is the form's own field called "dataset".
  const [key, shelf, saveAt, hereAt] = ["", "-shelf", "-save", "-here"].map((of) => form.getAttribute(`data-draft${of}`));
  const said = form.querySelector("[data-draft-said]");
  const around = document.querySelector("[data-draft-around]");
  const signedOut = document.querySelector("[data-draft-signed-out]");
  const PAUSE_MS = 1000;
  const RENEWED_MS = 30_000;
  const PATIENCE_MS = 10_000;
  const KEPT_MS = 30 * 24 * 3600 * 1000; // as long as the server keeps a draft

  // The shelf: text of a form by its key, as long as the server has not confirmed it.
  const shelved = {
    put(text) { try { localStorage.setItem(shelf + key, text); return true; } catch { return false; /* full, or private */ } },
    drop(name, text) {
      try { if (text === undefined || localStorage.getItem(name) === text) localStorage.removeItem(name); } catch { /* none */ }
    },
    all() { try { return Object.entries(localStorage).filter(([name]) => name.startsWith(shelf)); } catch { return []; } },
  };

  let waiting = 0;
  let sending = null;
  let isChanged = false;
  let isTyped = false;
  let isLeaving = false;
  let isSent = false;
  let isReopened = false;
  let isShelved = false;
  let typedAt = Date.now();

  const asText = () => {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("typed_at", typedAt); // with the time of sending it says the age: clocks of two machines differ
    if (isReopened) fields.set("reopened", "1");
    return fields.toString();
  };
  const small = (fields) => new URLSearchParams({
    csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, sheet: form.elements.sheet.value, ...fields,
  });
  const say = (text) => { if (said) said.textContent = text; };
  const time = () => `${new Date().toISOString().slice(11, 19)} UTC`;

  function post(address, body, signal = AbortSignal.timeout(PATIENCE_MS)) {
    return fetch(address, { method: "POST", body: new URLSearchParams(body), redirect: "manual", signal });
  }

  const stamped = (text) => `${text}&sent_at=${Date.now()}`;

  function heed(answer) {
    signedOut.hidden = Boolean(answer.token);
    if (!answer.token) return;
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = answer.token; });
  }

  // Send one text. The server's status, 200 when it has it, 0 when it does not answer.
  async function keep(name, text, signal) {
    const response = await post(saveAt, stamped(text), signal);
    if (!response.ok) return response.status;
    const answer = await response.json();
    shelved.drop(name, text);
    heed(answer);
    if (name === shelf + key) say(answer.said);
    return response.status;
  }

  async function save() {
    clearTimeout(waiting);
    if (sending || isLeaving || !isChanged) return;
    isChanged = false;
    sending = new AbortController();
    const signal = AbortSignal.any([sending.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const status = await keep(shelf + key, asText(), signal).catch(() => 0);
    sending = null;
    if (status !== 200 && !isLeaving) sayKeptHere(status);
    else if (isChanged) wait();
  }

  // A refusal stays one until something else is typed; a server that is away, or busy, is asked again.
  function sayKeptHere(status) {
    const where = isShelved ? `kept in this browser ${time()}` : "not kept: copy what you typed";
    const isRefused = status >= 400 && status < 500 && status !== 408 && status !== 429;
    say(`${status ? `the server refused the draft with ${status}` : "the server does not answer"}; ${where}`);
    if (isRefused) return;
    isChanged = true;
    wait(RENEWED_MS / 6);
  }

  function wait(pause = PAUSE_MS) {
    clearTimeout(waiting);
    waiting = setTimeout(save, pause);
  }

  function change() {
    isChanged = isTyped = true;
    typedAt = Date.now();
    isShelved = shelved.put(asText());
    wait();
  }

  // Typed on after it was sent: either nothing came of that, or this is more than was sent.
  function typeOn() {
    isReopened ||= isSent;
    isLeaving = false;
  }

  // What an earlier page of this account left behind, here or in another form.
  async function sendShelved() {
    for (const [name, text] of shelved.all()) {
      const isOld = Number(new URLSearchParams(text).get("typed_at")) < Date.now() - KEPT_MS;
      if (isOld) shelved.drop(name, text);
      else if (name !== shelf + key || !isChanged) await keep(name, text).catch(() => 0);
    }
  }

  async function renew(fields = {}) {
    const response = await post(hereAt, small(fields)).catch(() => null);
    if (!response?.ok) return response;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").body;
    const isSame = fresh.textContent === around.textContent;
    if (!isSame && !around.contains(document.activeElement)) around.replaceChildren(...fresh.childNodes);
    return response;
  }

  function leave() {
    clearTimeout(waiting);
    if (isLeaving) return;
    if (isChanged) fetch(saveAt, { method: "POST", body: new URLSearchParams(stamped(asText())), keepalive: true }).catch(() => null);
    isChanged = false;
    navigator.sendBeacon(hereAt, small({ left: "1" }));
  }

  form.addEventListener("input", typeOn);
  form.addEventListener("input", change);
  form.addEventListener("change", change);
  form.addEventListener("submit", () => {
    isLeaving = isSent = true; // the form itself is under way: a draft beside it would come too late
    clearTimeout(waiting);
    sending?.abort();
    if (isTyped) shelved.put(asText()); // nothing typed here: nothing to lose, and no draft
  });
  document.addEventListener("submit", (event) => {
    const discarded = event.target.dataset.draftDiscard;
    if (!discarded) return;
    shelved.drop(shelf + discarded);
    if (event.target.hasAttribute("data-draft-this")) { // what was restored into this form, and what it became
      shelved.drop(shelf + key);
      isChanged = false;
    }
  });
  // Parts of the page cannot be asked for by a stranger, nor with a token older than the sign-in.
  document.addEventListener("signed-out", () => { signedOut.hidden = false; });
  form.addEventListener("htmx:beforeRequest", (event) => { if (!signedOut.hidden) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", () => save());
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isReopened = isSent; // Back, to a form that was sent
    isLeaving = false;
    // Back, after somebody signed out, and somebody else in: this page is not theirs to see.
    renew({ opening: "1" }).then((response) => {
      if (response?.type === "opaqueredirect" || response?.status === 403) location.reload();
    });
  });

  sendShelved().then(() => renew({ opening: "1" }));
  setInterval(() => { if (!isLeaving) renew(); }, RENEWED_MS);
})();
