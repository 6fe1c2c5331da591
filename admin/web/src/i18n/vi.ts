/** Tiếng Việt. */
import type { Messages } from "./messages";
import { admin } from "./vi/admin";
import { common, entry, shell } from "./vi/common";
import { errors, failure } from "./vi/errors";
import { account, contribute, home, keys } from "./vi/member";
import { states } from "./vi/states";
import { jobsPage, nodesPage, poolPage, proxiesPage, queuePage, supply } from "./vi/supply";

const vi: Messages = { common, shell, entry, home, keys, contribute, account, states, errors, failure, admin, supply, poolPage, nodesPage, proxiesPage, jobsPage, queuePage };
export default vi;
