/** Tiếng Việt. */
import type { Messages } from "./messages";
import { admin } from "./vi/admin";
import { relayCodes } from "./vi/codes";
import { common, entry, shell } from "./vi/common";
import { errors, failure } from "./vi/errors";
import { account, contribute, home, keys } from "./vi/member";
import { marks } from "./vi/marks";
import { states } from "./vi/states";
import { jobsPage, nodesPage, poolPage, proxiesPage, queuePage, supply } from "./vi/supply";
import { chart, lively, palette, requestPage, traffic, usagePage } from "./vi/usage";
import { alertsPage, edgesPage, nowPage, playground, routesPage } from "./vi/watch";

const vi: Messages = { common, shell, entry, home, keys, contribute, account, states, errors, failure, admin, supply, poolPage, nodesPage, proxiesPage, jobsPage, queuePage, relayCodes, chart, traffic, usagePage, requestPage, lively, palette, nowPage, alertsPage, edgesPage, routesPage, playground, marks };
export default vi;
