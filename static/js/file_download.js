// Download of a generated file: while the server generates it, the link (data-download-busy="<label>") shows that label; if
// the request fails, the reason is shown in the element [data-download-error].
(() => {
  const REVOKE_DELAY_MS = 60000;

  const saveFile = async (response) => {
    const fileName = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") || "");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = fileName ? fileName[1] : "";
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_DELAY_MS);
  };

  const showError = (text) => {
    const error = document.querySelector("[data-download-error]");
    error.textContent = text;
    error.hidden = !text;
  };

  const download = async (link) => {
    const label = link.textContent;
    link.textContent = link.dataset.downloadBusy;
    link.setAttribute("aria-busy", "true");
    showError("");
    try {
      const response = await fetch(link.href, { credentials: "same-origin" });
      if (response.redirected && response.url.includes("/accounts/")) showError("You are signed out. Sign in again, then make them once more.");
      else if (!response.ok) showError(`${label} could not be made (error ${response.status}). Try again, or choose fewer days.`);
      else await saveFile(response);
    } catch {
      showError(`${label} did not come: the server did not answer. Try again.`);
    } finally {
      link.textContent = label;
      link.removeAttribute("aria-busy");
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-download-busy]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!link.hasAttribute("aria-busy")) download(link);
  });
})();
