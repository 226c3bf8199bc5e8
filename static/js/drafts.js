// Drafts: a form with data-draft is saved on the server one second after the last change, and when the page is left. A
// draft that the server has not confirmed yet is stored in localStorage under a prefix of the account, and is sent as soon
// as the server answers again. While the form is open, its presence is reported every 30 s; the answer lists who else has
// the same form open.
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  // With getAttribute: form.dataset is the form's own field of the name "dataset".
  const draftKey = form.getAttribute("data-draft");
  const storagePrefix = form.getAttribute("data-draft-storage-prefix");
  const saveUrl = form.getAttribute("data-draft-save-url");
  const presenceUrl = form.getAttribute("data-draft-presence-url");
  const storageName = storagePrefix + draftKey;
  const status = form.querySelector("[data-draft-status]");
  const presence = document.querySelector("[data-draft-presence]");
  const signedOutNotice = document.querySelector("[data-draft-signed-out]");
  const DEBOUNCE_MS = 1000;
  const PRESENCE_INTERVAL_MS = 30_000;
  const RETRY_MS = PRESENCE_INTERVAL_MS / 6;
  const TIMEOUT_MS = 10_000;
  const MAX_AGE_MS = 30 * 24 * 3600 * 1000; // as long as the server keeps a draft

  // The copies in localStorage: the encoded form by its name, until the server has confirmed it.
  const localDrafts = {
    put(text) { try { localStorage.setItem(storageName, text); return true; } catch { return false; /* full, or private */ } },
    remove(name, text) {
      try { if (text === undefined || localStorage.getItem(name) === text) localStorage.removeItem(name); } catch { /* none */ }
    },
    all() { try { return Object.entries(localStorage).filter(([name]) => name.startsWith(storagePrefix)); } catch { return []; } },
  };

  let saveTimer = 0;
  let currentRequest = null;
  let hasUnsavedChange = false;
  let wasEdited = false;
  let isLeaving = false;
  let wasSubmitted = false;
  let wasReopened = false;
  let isStoredLocally = false;
  let typedAt = Date.now();

  const encodeForm = () => {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("typed_at", typedAt); // the age is sent_at minus typed_at: the clocks of browser and server may differ
    if (wasReopened) fields.set("reopened", "1");
    return fields.toString();
  };
  const encodeToken = (fields) => new URLSearchParams({
    csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, sheet: form.elements.sheet.value, ...fields,
  });
  const showStatus = (text) => { if (status) status.textContent = text; };
  const currentTime = () => `${new Date().toISOString().slice(11, 19)} UTC`;

  function post(url, body, signal = AbortSignal.timeout(TIMEOUT_MS)) {
    return fetch(url, { method: "POST", body: new URLSearchParams(body), redirect: "manual", signal });
  }

  const withSendTime = (text) => `${text}&sent_at=${Date.now()}`;

  function updateCsrfToken(token) {
    signedOutNotice.hidden = Boolean(token);
    if (!token) return;
    document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
  }

  // Send one draft. Returns the HTTP status: 200 once the server has stored it.
  async function sendDraft(name, text, signal) {
    const response = await post(saveUrl, withSendTime(text), signal);
    if (!response.ok) return response.status;
    const result = await response.json();
    localDrafts.remove(name, text);
    updateCsrfToken(result.token);
    if (name === storageName) showStatus(result.status);
    return response.status;
  }

  async function save() {
    clearTimeout(saveTimer);
    if (currentRequest || isLeaving || !hasUnsavedChange) return;
    hasUnsavedChange = false;
    currentRequest = new AbortController();
    const signal = AbortSignal.any([currentRequest.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const httpStatus = await sendDraft(storageName, encodeForm(), signal).catch(() => 0); // 0: no answer
    currentRequest = null;
    if (httpStatus !== 200 && !isLeaving) onSaveFailed(httpStatus);
    else if (hasUnsavedChange) scheduleSave();
  }

  // A refused draft is sent again only after the next change; if the server did not answer or was busy, it is retried.
  function onSaveFailed(httpStatus) {
    const where = isStoredLocally ? `kept in this browser ${currentTime()}` : "not kept: copy what you typed";
    const isRefused = httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408 && httpStatus !== 429;
    showStatus(`${httpStatus ? `the server refused the draft with ${httpStatus}` : "the server does not answer"}; ${where}`);
    if (isRefused) return;
    hasUnsavedChange = true;
    scheduleSave(RETRY_MS);
  }

  function scheduleSave(delay = DEBOUNCE_MS) {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, delay);
  }

  function onChange() {
    hasUnsavedChange = wasEdited = true;
    typedAt = Date.now();
    isStoredLocally = localDrafts.put(encodeForm());
    scheduleSave();
  }

  // Typing after the form was submitted: the submission failed, or there is more than was submitted.
  function onInputAfterSubmit() {
    wasReopened ||= wasSubmitted;
    isLeaving = false;
  }

  // Drafts that earlier pages of this account could not send, of this form or of others.
  async function sendLocalDrafts() {
    for (const [name, text] of localDrafts.all()) {
      const isExpired = Number(new URLSearchParams(text).get("typed_at")) < Date.now() - MAX_AGE_MS;
      if (isExpired) localDrafts.remove(name, text);
      else if (name !== storageName || !hasUnsavedChange) await sendDraft(name, text).catch(() => 0);
    }
  }

  async function updatePresence(fields = {}) {
    const response = await post(presenceUrl, encodeToken(fields)).catch(() => null);
    if (!response?.ok) return response;
    const update = new DOMParser().parseFromString(await response.text(), "text/html").body;
    const isUnchanged = update.textContent === presence.textContent;
    if (!isUnchanged && !presence.contains(document.activeElement)) presence.replaceChildren(...update.childNodes);
    return response;
  }

  function leave() {
    clearTimeout(saveTimer);
    if (isLeaving) return;
    if (hasUnsavedChange) {
      const body = new URLSearchParams(withSendTime(encodeForm()));
      fetch(saveUrl, { method: "POST", body, keepalive: true }).catch(() => null);
    }
    hasUnsavedChange = false;
    navigator.sendBeacon(presenceUrl, encodeToken({ left: "1" }));
  }

  form.addEventListener("input", onInputAfterSubmit);
  form.addEventListener("input", onChange);
  form.addEventListener("change", onChange);
  form.addEventListener("submit", () => {
    isLeaving = wasSubmitted = true; // no draft while the form itself is being submitted: it would arrive after it
    clearTimeout(saveTimer);
    currentRequest?.abort();
    if (wasEdited) localDrafts.put(encodeForm()); // without an edit there is nothing to lose, and no draft
  });
  document.addEventListener("submit", (event) => {
    const discardedKey = event.target.dataset.draftDiscard;
    if (!discardedKey) return;
    localDrafts.remove(storagePrefix + discardedKey);
    if (event.target.hasAttribute("data-draft-restored")) { // the draft restored into this form: drop its later changes too
      localDrafts.remove(storageName);
      hasUnsavedChange = false;
    }
  });
  // htmx requests fail while signed out, and with a CSRF token older than the sign-in.
  document.addEventListener("signed-out", () => { signedOutNotice.hidden = false; });
  form.addEventListener("htmx:beforeRequest", (event) => { if (!signedOutNotice.hidden) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", () => save());
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    wasReopened = wasSubmitted; // Back to a form that was submitted
    isLeaving = false;
    // Back after a sign-out, perhaps signed in as somebody else: the restored page must not be shown to them.
    updatePresence({ opening: "1" }).then((response) => {
      if (response?.type === "opaqueredirect" || response?.status === 403) location.reload();
    });
  });

  sendLocalDrafts().then(() => updatePresence({ opening: "1" }));
  setInterval(() => { if (!isLeaving) updatePresence(); }, PRESENCE_INTERVAL_MS);
})();
