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
export const ADMINS = ["/pool", "/pool?state=drained", "/pool?add=yes", "/pool/queue", "/nodes", "/nodes?add=gpu", "/proxies", "/proxies?add=yes", "/users", "/limits", "/jobs", "/audit", "/settings"];
export const THEMES = ["light", "dark"];
export const SIZES = { desktop: [1280, 800], phone: [360, 740] };
