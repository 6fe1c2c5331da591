import { writer } from "../language";
import type { Part } from "../messages";

const { num } = writer("vi");

export const marks: Part<"marks"> = {
  happened: "Chuyện đã xảy ra",
  kind: { start: "trạm biên khởi động", policy: "cách phục vụ thay đổi", finding: "có sự cố" },
  besides: (values, what) => `${values}; ${what}`,
  start: (edge, version) => `${edge} khởi động với bản ${version}`,
  act: {
    "limits.edited": "đã đổi giới hạn",
    "settings.edited": "đã đổi cài đặt",
    "upstream.edited": "đã đổi nguồn",
    "node.added": "đã thêm nút",
    "node.edited": "đã đổi nút",
    "node.removed": "đã gỡ nút",
    "node.activated": "đã chọn nút ưu tiên",
    "node.granted": "đã cho khóa của người vận hành đến nút",
    "outbound_proxy.added": "đã thêm proxy ra ngoài",
    "outbound_proxy.edited": "đã đổi proxy ra ngoài",
    "outbound_proxy.removed": "đã gỡ proxy ra ngoài",
  },
  of: (what, name) => `${what}: ${name}`,
  more: (n) => `Còn ${num(n)} mục nữa; bảng có đủ tất cả.`,
  cut: (time) => `Không liệt kê những gì xảy ra trước ${time} vì có quá nhiều.`,
  sinceStart: "từ lần khởi động gần nhất",
};
