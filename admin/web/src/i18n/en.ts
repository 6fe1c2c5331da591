/** All words of the pages in English; the other languages have the same shape. */
import { admin } from "./en/admin";
import { relayCodes } from "./en/codes";
import { common, entry, shell } from "./en/common";
import { errors, failure } from "./en/errors";
import { account, contribute, home, keys } from "./en/member";
import { marks } from "./en/marks";
import { states } from "./en/states";
import { jobsPage, nodesPage, poolPage, proxiesPage, queuePage, supply } from "./en/supply";
import { chart, lively, palette, requestPage, traffic, usagePage } from "./en/usage";
import { alertsPage, edgesPage, nowPage, playground, routesPage } from "./en/watch";

const en = { common, shell, entry, home, keys, contribute, account, states, errors, failure, admin, supply, poolPage, nodesPage, proxiesPage, jobsPage, queuePage, relayCodes, chart, traffic, usagePage, requestPage, lively, palette, nowPage, alertsPage, edgesPage, routesPage, playground, marks } as const;
export default en;
