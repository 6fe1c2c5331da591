/** What leads where, for the bars and the palette. */
import {
  IconActivityHeartbeat,
  IconAdjustments,
  IconChartBar,
  IconBell,
  IconGauge,
  IconHeartHandshake,
  IconHistory,
  IconHome,
  IconKey,
  IconNetwork,
  IconProgressCheck,
  IconRoute,
  IconServer2,
  IconServerBolt,
  IconSoup,
  IconSparkles,
  IconUserCircle,
  IconUsers,
} from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import type { ComponentType } from "react";
import type { Messages } from "../i18n";

export interface Place {
  to: NonNullable<LinkProps["to"]>;
  params?: Record<string, string>;
  word: keyof Pick<
    Messages["shell"],
    "home" | "keys" | "usage" | "playground" | "now" | "routes" | "edges" | "alerts" | "contribute" | "account" | "poolKeys" | "nodes" | "proxies" | "users" | "limits" | "settings" | "audit" | "jobs"
  >;
  icon: ComponentType<{ size?: number; "aria-hidden"?: boolean; stroke?: number }>;
  /** Pages below this belong to it, too. */
  under?: string;
}

export const MINE: Place[] = [
  { to: "/home", word: "home", icon: IconHome },
  { to: "/keys", word: "keys", icon: IconKey },
  { to: "/contribute", word: "contribute", icon: IconHeartHandshake },
  { to: "/usage", word: "usage", icon: IconChartBar, under: "/requests/" },
  { to: "/playground", word: "playground", icon: IconSparkles },
  { to: "/account/$tab", params: { tab: "security" }, word: "account", icon: IconUserCircle, under: "/account/" },
];

/** How many of them the bar of a phone has room for. */
export const THUMB = 4;

export const POOL: Place[] = [
  { to: "/now", word: "now", icon: IconActivityHeartbeat },
  { to: "/pool", word: "poolKeys", icon: IconSoup },
  { to: "/nodes", word: "nodes", icon: IconServer2 },
  { to: "/proxies", word: "proxies", icon: IconNetwork },
  { to: "/routes", word: "routes", icon: IconRoute },
  { to: "/users", word: "users", icon: IconUsers },
  { to: "/limits", word: "limits", icon: IconGauge },
];

export const SYSTEM: Place[] = [
  { to: "/edges", word: "edges", icon: IconServerBolt },
  { to: "/jobs", word: "jobs", icon: IconProgressCheck },
  { to: "/alerts", word: "alerts", icon: IconBell },
  { to: "/audit", word: "audit", icon: IconHistory },
  { to: "/settings", word: "settings", icon: IconAdjustments },
];
