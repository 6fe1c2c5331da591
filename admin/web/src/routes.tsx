/** All pages, with what may stand in their URLs. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent as lazy,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { session } from "./api/queries/mine";
import { ITEM_STATES, type ItemState } from "./api/queries/supply";
import { usageSearch } from "./pages/usage/search";
import { insideOnly, numberIn, oneOf, parseSearch, stringifySearch, textIn } from "./search";
import { AdminOnly } from "./shell/AdminOnly";
import { Broken, NotFound } from "./shell/Broken";
import { Shell } from "./shell/Shell";

interface Around {
  client: QueryClient;
}

const root = createRootRouteWithContext<Around>()({ component: Outlet, notFoundComponent: NotFound });

/** Those for people who are signed in. Whoever is not comes back here after. */
const signed = createRoute({
  getParentRoute: () => root,
  id: "signed",
  component: Shell,
  errorComponent: Broken,
  beforeLoad: async ({ context, location }) => {
    const who = await context.client.ensureQueryData(session);
    if (who === null) throw redirect({ to: "/sign-in", search: { to: location.href } });
    return { who };
  },
});

const open = createRoute({
  getParentRoute: () => root,
  id: "open",
  component: lazy(() => import("./pages/entry/Entry"), "Entry"),
  errorComponent: Broken,
});

const signIn = createRoute({
  getParentRoute: () => open,
  path: "/sign-in",
  validateSearch: (search): { to?: string } => ({ to: insideOnly(search.to) }),
  component: lazy(() => import("./pages/entry/SignIn"), "SignIn"),
});

const register = createRoute({
  getParentRoute: () => open,
  path: "/register",
  validateSearch: (search): { invitation?: string } => ({ invitation: textIn(search.invitation) }),
  component: lazy(() => import("./pages/entry/Register"), "Register"),
});

const reset = createRoute({
  getParentRoute: () => open,
  path: "/reset-password",
  validateSearch: (search): { token?: string } => ({ token: textIn(search.token) }),
  component: lazy(() => import("./pages/entry/ResetPassword"), "ResetPassword"),
});

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/home" });
  },
});

const home = createRoute({
  getParentRoute: () => signed,
  path: "/home",
  component: lazy(() => import("./pages/home/Home"), "Home"),
});

const keys = createRoute({
  getParentRoute: () => signed,
  path: "/keys",
  validateSearch: (search): { create?: "yes"; show?: "all" } => ({
    create: oneOf(["yes"], search.create),
    show: oneOf(["all"], search.show),
  }),
  component: lazy(() => import("./pages/keys/Keys"), "Keys"),
});

const key = createRoute({
  getParentRoute: () => signed,
  path: "/keys/$id",
  component: lazy(() => import("./pages/keys/Key"), "Key"),
});

const contribute = createRoute({
  getParentRoute: () => signed,
  path: "/contribute",
  validateSearch: (search): { show?: "all" } => ({ show: oneOf(["all"], search.show) }),
  component: lazy(() => import("./pages/contribute/Contribute"), "Contribute"),
});

const bring = createRoute({
  getParentRoute: () => signed,
  path: "/contribute/new",
  component: lazy(() => import("./pages/contribute/Bring"), "Bring"),
});

const bringJob = createRoute({
  getParentRoute: () => signed,
  path: "/contribute/jobs/$id",
  component: lazy(() => import("./pages/contribute/BringJob"), "BringJob"),
});

const poolKey = createRoute({
  getParentRoute: () => signed,
  path: "/contribute/$id",
  component: lazy(() => import("./pages/contribute/Contribution"), "Contribution"),
});

const usage = createRoute({
  getParentRoute: () => signed,
  path: "/usage",
  validateSearch: usageSearch,
  component: lazy(() => import("./pages/usage/Usage"), "Usage"),
});

const request = createRoute({
  getParentRoute: () => signed,
  path: "/requests/$id",
  /** `log`: short steps are drawn larger. */
  validateSearch: (search): { whose?: "all"; scale?: "log" } => ({ whose: oneOf(["all"], search.whose), scale: oneOf(["log"], search.scale) }),
  component: lazy(() => import("./pages/requests/Request"), "Request"),
});

export const ACCOUNT_TABS = ["security", "tokens", "sessions", "data"] as const;

const playground = createRoute({
  getParentRoute: () => signed,
  path: "/playground",
  validateSearch: (search): { mode?: "image" } => ({ mode: oneOf(["image"], search.mode) }),
  component: lazy(() => import("./pages/playground/Playground"), "Playground"),
});

const account = createRoute({
  getParentRoute: () => signed,
  path: "/account/$tab",
  component: lazy(() => import("./pages/account/Account"), "Account"),
});

const admin = createRoute({ getParentRoute: () => signed, id: "admin", component: AdminOnly });

export const CONDITIONS = ["pending", "healthy", "cooling", "drained", "suspect", "invalid", "paused", "withdrawn"] as const;

interface PoolSearch {
  state?: (typeof CONDITIONS)[number];
  upstream?: string;
  contributor?: string;
  q?: string;
  /** Which key is opened. */
  open?: string;
  add?: "yes";
}

const pool = createRoute({
  getParentRoute: () => admin,
  path: "/pool",
  validateSearch: (search): PoolSearch => ({
    state: oneOf(CONDITIONS, search.state),
    upstream: textIn(search.upstream),
    contributor: numberIn(search.contributor),
    q: textIn(search.q),
    open: numberIn(search.open),
    add: oneOf(["yes"], search.add),
  }),
  component: lazy(() => import("./pages/pool/Pool"), "Pool"),
});

const queue = createRoute({
  getParentRoute: () => admin,
  path: "/pool/queue",
  component: lazy(() => import("./pages/pool/Queue"), "Queue"),
});

const nodes = createRoute({
  getParentRoute: () => admin,
  path: "/nodes",
  /** `add` names the upstream that gets one, `open` the node as `upstream/name`. */
  validateSearch: (search): { add?: string; open?: string } => ({ add: textIn(search.add), open: textIn(search.open) }),
  component: lazy(() => import("./pages/nodes/Nodes"), "Nodes"),
});

const proxies = createRoute({
  getParentRoute: () => admin,
  path: "/proxies",
  validateSearch: (search): { add?: "yes"; assign?: "yes"; open?: string } => ({
    add: oneOf(["yes"], search.add),
    assign: oneOf(["yes"], search.assign),
    open: numberIn(search.open),
  }),
  component: lazy(() => import("./pages/proxies/Proxies"), "Proxies"),
});

const now = createRoute({
  getParentRoute: () => admin,
  path: "/now",
  validateSearch: (search): { show?: "over" } => ({ show: oneOf(["over"], search.show) }),
  component: lazy(() => import("./pages/now/Now"), "Now"),
});

const alerts = createRoute({
  getParentRoute: () => admin,
  path: "/alerts",
  validateSearch: (search): { add?: "yes"; open?: string } => ({ add: oneOf(["yes"], search.add), open: numberIn(search.open) }),
  component: lazy(() => import("./pages/alerts/Alerts"), "Alerts"),
});

const edges = createRoute({
  getParentRoute: () => admin,
  path: "/edges",
  component: lazy(() => import("./pages/edges/Edges"), "Edges"),
});

const routes = createRoute({
  getParentRoute: () => admin,
  path: "/routes",
  component: lazy(() => import("./pages/routes/Routes"), "Routes"),
});

const users = createRoute({
  getParentRoute: () => admin,
  path: "/users",
  validateSearch: (search): { q?: string; role?: "user" | "admin" } => ({
    q: textIn(search.q),
    role: oneOf(["user", "admin"], search.role),
  }),
  component: lazy(() => import("./pages/admin/Users"), "Users"),
});

const user = createRoute({
  getParentRoute: () => admin,
  path: "/users/$id",
  component: lazy(() => import("./pages/admin/User"), "User"),
});

const limits = createRoute({
  getParentRoute: () => admin,
  path: "/limits",
  component: lazy(() => import("./pages/admin/Limits"), "Limits"),
});

const settings = createRoute({
  getParentRoute: () => admin,
  path: "/settings",
  component: lazy(() => import("./pages/admin/Settings"), "Settings"),
});

const audit = createRoute({
  getParentRoute: () => admin,
  path: "/audit",
  validateSearch: (search): { q?: string } => ({ q: textIn(search.q) }),
  component: lazy(() => import("./pages/admin/Audit"), "Audit"),
});

const jobs = createRoute({
  getParentRoute: () => admin,
  path: "/jobs",
  component: lazy(() => import("./pages/jobs/Jobs"), "Jobs"),
});

const job = createRoute({
  getParentRoute: () => admin,
  path: "/jobs/$id",
  validateSearch: (search): { state?: ItemState } => ({ state: oneOf(ITEM_STATES, search.state) }),
  component: lazy(() => import("./pages/jobs/Job"), "Job"),
});

/** Any other path, within the shell. */
const none = createRoute({ getParentRoute: () => signed, path: "/$", component: NotFound });

const tree = root.addChildren([
  index,
  open.addChildren([signIn, register, reset]),
  signed.addChildren([home, keys, key, contribute, bring, bringJob, poolKey, usage, request, playground, account, none, admin.addChildren([now, alerts, edges, routes, pool, queue, nodes, proxies, users, user, limits, settings, audit, jobs, job])]),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: "/manage/ui",
    context: { client },
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultErrorComponent: Broken,
    defaultNotFoundComponent: NotFound,
  });
}
