import { expect, it } from "vitest";
import type { Mark } from "../../api/queries/marks";
import en from "../../i18n/en";
import { happened } from "./useMarks";

it("says what happened, and leads to where more is told of it", () => {
  const told = (mark: Mark) => {
    const { text, leads } = happened(mark, en);
    return [text, leads];
  };
  expect(told({ kind: "start", at: 1, edge: "hk-1", version: "1.4.2" })).toEqual(["hk-1 started with 1.4.2", { to: "/edges" }]);
  const policy = { kind: "policy", at: 1, audit_id: 7 } as const;
  expect(told({ ...policy, act: "settings.edited", object_name: "settings" })).toEqual(["settings changed", { to: "/audit", q: "settings.edited" }]);
  expect(told({ ...policy, act: "node.removed", object_name: "gpu/a" })[0]).toBe("node taken out: gpu/a");
  const finding = { kind: "finding", at: 1, finding_id: 3, trouble: "node_down", subject: "gpu/a", severity: "warning" } as const;
  expect(told(finding)).toEqual(["Node down: gpu/a", { to: "/now", over: false }]);
  expect(told({ ...finding, ended_at: 9 })[1]).toEqual({ to: "/now", over: true });
});

it("shows the word of an act that it does not know", () => {
  const mark = { kind: "policy", at: 1, audit_id: 7, act: "moon.moved", object_name: "moon" } as unknown as Mark;
  expect(happened(mark, en).text).toBe("moon.moved: moon");
});
