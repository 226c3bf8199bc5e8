// A link to a file that takes a moment to make ([data-making]) says so while it is made, and when it cannot be.
(() => {
  const save = async (answer) => {
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
    const file = document.createElement("a");
    file.href = URL.createObjectURL(await answer.blob());
    file.download = name ? name[1] : "";
    document.body.append(file);
    file.click();
    file.remove();
    setTimeout(() => URL.revokeObjectURL(file.href), 60000);
  };
  const say = (text) => {
    const told = document.querySelector("[data-making-says]");
    told.textContent = text;
    told.hidden = !text;
  };

  const make = async (link) => {
    const words = link.textContent;
    link.textContent = link.dataset.making;
    link.setAttribute("aria-busy", "true");
    say("");
    try {
      const answer = await fetch(link.href, { credentials: "same-origin" });
      if (answer.redirected && answer.url.includes("/accounts/")) say("You are signed out. Sign in again, then make them once more.");
      else if (!answer.ok) say(`${words} could not be made (error ${answer.status}). Try again, or choose fewer days.`);
      else await save(answer);
    } catch {
      say(`${words} did not come: the server did not answer. Try again.`);
    } finally {
      link.textContent = words;
      link.removeAttribute("aria-busy");
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-making]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!link.hasAttribute("aria-busy")) make(link);
  });
})();
