// The chosen look: system, light or dark. Loaded before the page is drawn, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const kept = () => {
    try { return localStorage.getItem("theme") || "system"; } catch { return "system"; }
  };
  const wear = (theme) => {
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
  };
  wear(kept());

  const mark = (buttons) => buttons.forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === kept()));
  });
  document.addEventListener("DOMContentLoaded", () => {
    const buttons = document.querySelectorAll("[data-theme-choice]");
    document.querySelectorAll("[data-theme-switch]").forEach((box) => { box.hidden = false; });
    mark(buttons);
    buttons.forEach((button) => button.addEventListener("click", () => {
      try { localStorage.setItem("theme", button.dataset.themeChoice); } catch { /* private window: for this page only */ }
      wear(button.dataset.themeChoice);
      mark(buttons);
    }));
  });
})();
