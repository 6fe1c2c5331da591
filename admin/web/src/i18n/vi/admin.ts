import type { Part } from "../messages";

export const admin: Part<"admin"> = {
  title: "",
};
