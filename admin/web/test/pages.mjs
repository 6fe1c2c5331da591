// Every page, for walks and pictures.
export const OPEN = ["/sign-in", "/register", "/reset-password"];
export const MEMBERS = [
  "/home",
  "/keys",
  "/keys?create=yes",
  "/contribute",
  "/contribute/new",
  "/account/security",
  "/account/tokens",
  "/account/sessions",
  "/account/data",
  "/none",
];
export const ADMINS = ["/pool", "/pool?state=drained", "/nodes", "/proxies", "/users", "/limits", "/jobs", "/audit", "/settings"];
export const THEMES = ["light", "dark"];
export const SIZES = { desktop: [1280, 800], phone: [360, 740] };
