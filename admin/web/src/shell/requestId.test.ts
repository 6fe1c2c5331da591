import { expect, it } from "vitest";
import { requestIdIn } from "./requestId";

it("finds a request's id alone and in its header, and nothing else", () => {
  expect(requestIdIn(" 5F3A9C0012ab00000fed\n")).toBe("5f3a9c0012ab00000fed");
  expect(requestIdIn("x-request-id: 5f3a9c0012ab00000fed")).toBe("5f3a9c0012ab00000fed");
  for (const text of ["5f3a9c0012ab00000fe", "np-5f3a9c0012ab00000fed", "the id is 5f3a9c0012ab00000fed", ""]) expect(requestIdIn(text)).toBeNull();
});
