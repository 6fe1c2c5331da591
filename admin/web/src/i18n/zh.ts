/** 中文. */
import type { Messages } from "./messages";
import { admin } from "./zh/admin";
import { common, entry, shell } from "./zh/common";
import { errors, failure } from "./zh/errors";
import { account, contribute, home, keys } from "./zh/member";
import { states } from "./zh/states";
import { jobsPage, nodesPage, poolPage, proxiesPage, queuePage, supply } from "./zh/supply";

const zh: Messages = { common, shell, entry, home, keys, contribute, account, states, errors, failure, admin, supply, poolPage, nodesPage, proxiesPage, jobsPage, queuePage };
export default zh;
