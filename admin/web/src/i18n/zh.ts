/** 中文. */
import type { Messages } from "./messages";
import { admin } from "./zh/admin";
import { relayCodes } from "./zh/codes";
import { common, entry, shell } from "./zh/common";
import { errors, failure } from "./zh/errors";
import { account, contribute, home, keys } from "./zh/member";
import { marks } from "./zh/marks";
import { states } from "./zh/states";
import { jobsPage, nodesPage, poolPage, proxiesPage, queuePage, supply } from "./zh/supply";
import { chart, lively, palette, requestPage, traffic, usagePage } from "./zh/usage";
import { alertsPage, edgesPage, nowPage, playground, routesPage } from "./zh/watch";

const zh: Messages = { common, shell, entry, home, keys, contribute, account, states, errors, failure, admin, supply, poolPage, nodesPage, proxiesPage, jobsPage, queuePage, relayCodes, chart, traffic, usagePage, requestPage, lively, palette, nowPage, alertsPage, edgesPage, routesPage, playground, marks };
export default zh;
