// Every page, for walks and pictures. A new page is a line here.
export const OPEN = ["/sign-in", "/register", "/reset-password"];
export const MEMBERS = [
  "/home",
  "/keys",
  "/keys?create=yes",
  "/contribute",
  "/contribute/new",
  "/usage",
  "/usage?range=1h&show=time&by=class&class=ok",
  "/playground",
  "/playground?mode=image",
  "/account/security",
  "/account/tokens",
  "/account/sessions",
  "/account/data",
  "/none",
];
export const ADMINS = ["/now", "/now?show=over", "/alerts", "/alerts?add=yes", "/edges", "/routes", "/pool", "/pool?state=drained", "/pool?add=yes", "/pool/queue", "/nodes", "/nodes?add=gpu", "/proxies", "/proxies?add=yes", "/users", "/limits", "/jobs", "/audit", "/settings"];
/** Pages of single things, by what `furnish` has made. */
export const membersOwn = (made) => [
  `/keys/${made.my_key}`,
  `/contribute/${made.my_pool_key}`,
  `/contribute/jobs/${made.my_job}`,
];
export const adminsOwn = (made) => [
  `/pool?open=${made.pool_key}`,
  "/nodes?open=gpu%2Fgpu-2",
  `/proxies?open=${made.proxy}`,
  `/users/${made.guest}`,
  "/usage?whose=all&range=1h&by=user",
  ...made.requests.slice(4, 6).map((id) => `/requests/${id}`),
  `/jobs/${made.job}`,
];
export const LANGUAGES = ["en", "zh", "vi"];
export const THEMES = ["light", "dark"];
export const SIZES = { desktop: [1280, 800], phone: [360, 740] };
