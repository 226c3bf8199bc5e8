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

  // The shelf: text of a form by its key, as long as the server has not confirmed it.
  const shelved = {
    put(text) { try { localStorage.setItem(shelf + key, text); } catch { /* full, or a private window */ } },
    drop(name, text) {
      try { if (text === undefined || localStorage.getItem(name) === text) localStorage.removeItem(name); } catch { /* none */ }
    },
    all() { try { return Object.entries(localStorage).filter(([name]) => name.startsWith(shelf)); } catch { return []; } },
  };

  let waiting = 0;
  let sending = null;
  let isChanged = false;
  let isLeaving = false;
  let isReopened = false;

  const asText = () => {
    const fields = new URLSearchParams(new FormData(form));
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

  function heed(answer) {
    signedOut.hidden = Boolean(answer.token);
    if (!answer.token) return;
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = answer.token; });
  }

  // Send one text; true when the server has it.
  async function keep(name, text, signal) {
    const response = await post(saveAt, text, signal);
    if (!response.ok) return false;
    const answer = await response.json();
    shelved.drop(name, text);
    heed(answer);
    if (name === shelf + key) say(answer.said);
    return true;
  }

  async function save() {
    clearTimeout(waiting);
    if (sending || isLeaving || !isChanged) return;
    isChanged = false;
    sending = new AbortController();
    const signal = AbortSignal.any([sending.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const isKept = await keep(shelf + key, asText(), signal).catch(() => false);
    sending = null;
    if (!isKept && !isLeaving) sayKeptHere();
    if (isChanged) wait();
  }

  function sayKeptHere() {
    isChanged = true;
    say(`the server does not answer; kept in this browser ${time()}`);
    wait(RENEWED_MS / 6);
  }

  function wait(pause = PAUSE_MS) {
    clearTimeout(waiting);
    waiting = setTimeout(save, pause);
  }

  function change() {
    isChanged = true;
    shelved.put(asText());
    wait();
  }

  // What an earlier page of this account left behind, here or in another form.
  async function sendShelved() {
    for (const [name, text] of shelved.all()) {
      if (name !== shelf + key || !isChanged) await keep(name, text).catch(() => false);
    }
  }

  async function renew(fields = {}) {
    const response = await post(hereAt, small(fields)).catch(() => null);
    if (!response?.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").body;
    const isSame = fresh.textContent === around.textContent;
    if (!isSame && !around.contains(document.activeElement)) around.replaceChildren(...fresh.childNodes);
  }

  function leave() {
    clearTimeout(waiting);
    if (isLeaving) return;
    if (isChanged) fetch(saveAt, { method: "POST", body: new URLSearchParams(asText()), keepalive: true }).catch(() => null);
    isChanged = false;
    navigator.sendBeacon(hereAt, small({ left: "1" }));
  }

  form.addEventListener("input", change);
  form.addEventListener("change", change);
  form.addEventListener("submit", () => {
    isLeaving = true; // the form itself is under way: a draft beside it would come too late
    clearTimeout(waiting);
    sending?.abort();
    shelved.put(asText());
  });
  document.addEventListener("submit", (event) => {
    const discarded = event.target.dataset.draftDiscard;
    if (discarded) shelved.drop(shelf + discarded);
  });
  // Parts of the page cannot be asked for by a stranger, nor with a token older than the sign-in.
  document.addEventListener("signed-out", () => { signedOut.hidden = false; });
  form.addEventListener("htmx:beforeRequest", (event) => { if (!signedOut.hidden) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", () => save());
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isReopened = isLeaving; // Back, to a form that was sent
    isLeaving = false;
    renew({ opening: "1" });
  });

  sendShelved().then(() => renew({ opening: "1" }));
  setInterval(() => { if (!isLeaving) renew(); }, RENEWED_MS);
})();
