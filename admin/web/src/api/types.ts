/** Short names for what the API sends. */
import type { components } from "./generated/schema";

type Schemas = components["schemas"];
export type About = Schemas["About"];
export type AuditEntry = Schemas["AuditEntry"];
export type Caps = Schemas["Caps"];
export type ClientKey = Schemas["ClientKey"];
export type Condition = Schemas["Condition"];
export type Hold = Schemas["Hold"];
export type ImportJob = Schemas["ImportJob"];
export type Invitation = Schemas["Invitation"];
export type Job = Schemas["Job"];
export type LimitLine = Schemas["LimitLine"];
export type LimitPolicy = Schemas["LimitPolicy"];
export type LimitPreview = Schemas["LimitPreview"];
export type MyPoolKey = Schemas["MyPoolKey"];
export type Node = Schemas["Node"];
export type OutboundProxy = Schemas["OutboundProxy"];
export type PersonalToken = Schemas["PersonalToken"];
export type PoolKey = Schemas["PoolKey"];
export type Session = Schemas["Session"];
export type Settings = Schemas["Settings"];
export type Spent = Schemas["Spent"];
export type Standing = Schemas["Standing"];
export type Upstream = Schemas["Upstream"];
export type User = Schemas["User"];
export type UserLimit = Schemas["UserLimit"];
export type WhoAmI = Schemas["WhoAmI"];
