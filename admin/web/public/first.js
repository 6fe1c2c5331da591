// Theme and language before anything is painted. Plain, so that it runs at once.
(function () {
  var root = document.documentElement;
  var theme = null;
  var language = null;
  try {
    theme = localStorage.getItem("potluck.theme");
    language = localStorage.getItem("potluck.language");
  } catch {
    // A browser that stores nothing has the defaults.
  }
  var dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  if (language) root.lang = language;
})();
