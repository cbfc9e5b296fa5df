// Sets the chosen theme before the first paint; without a choice the system's preference rules.
(() => {
  try {
    const theme = localStorage.getItem("refract.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be denied; the system's preference is then all there is.
  }
})();
