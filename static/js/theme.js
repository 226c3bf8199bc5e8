// Colour theme: system, light or dark, stored in localStorage. Loaded synchronously in the head, so that the page is never
// painted in the wrong theme first.
(() => {
  const STORAGE_KEY = "theme";
  const root = document.documentElement;
  const storedTheme = () => {
    try { return localStorage.getItem(STORAGE_KEY) || "system"; } catch { return "system"; }
  };
  const applyTheme = (theme) => {
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
  };
  applyTheme(storedTheme());

  const updateButtons = (buttons) => buttons.forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === storedTheme()));
  });
  document.addEventListener("DOMContentLoaded", () => {
    const buttons = document.querySelectorAll("[data-theme-choice]");
    document.querySelectorAll("[data-theme-switch]").forEach((group) => { group.hidden = false; });
    updateButtons(buttons);
    buttons.forEach((button) => button.addEventListener("click", () => {
      const theme = button.dataset.themeChoice;
      try { localStorage.setItem(STORAGE_KEY, theme); } catch { /* no storage in a private window: for this page only */ }
      applyTheme(theme);
      updateButtons(buttons);
    }));
  });
})();
