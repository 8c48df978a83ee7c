// Runs before the first paint, so that the chosen colours never flash: light, dark, or as the device says.
(() => {
  const root = document.documentElement;
  root.dataset.script = "on";
  const chosen = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const wear = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  wear(chosen());

  document.addEventListener("DOMContentLoaded", () => {
    for (const radio of document.querySelectorAll("[data-theme-switch] input")) radio.checked = radio.value === (chosen() ?? "system");
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.closest?.("[data-theme-switch]")) return;
    try { localStorage.setItem("theme", target.value); } catch { /* a private window forgets it */ }
    wear(target.value);
  });
})();
