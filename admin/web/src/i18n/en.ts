/** All words of the pages in English; the other languages have the same shape. */
import { admin } from "./en/admin";
import { common, entry, shell } from "./en/common";
import { errors, failure } from "./en/errors";
import { account, contribute, home, keys } from "./en/member";
import { states } from "./en/states";
import { jobsPage, nodesPage, poolPage, proxiesPage, queuePage, supply } from "./en/supply";

const en = { common, shell, entry, home, keys, contribute, account, states, errors, failure, admin, supply, poolPage, nodesPage, proxiesPage, jobsPage, queuePage } as const;
export default en;
