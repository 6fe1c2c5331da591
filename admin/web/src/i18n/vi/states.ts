import { writer } from "../language";
import type { Part } from "../messages";

const { num } = writer("vi");
const next = (at: string | null, otherwise: string) => (at === null ? otherwise : `Lần kiểm tra tới: ${at}.`);

export const states: Part<"states"> = {
  word: {
    pending: "đang kiểm tra",
    healthy: "khỏe",
    cooling: "đang nghỉ",
    drained: "hết hạn mức",
    suspect: "nghi vấn",
    invalid: "không được chấp nhận",
    paused: "tạm dừng",
    withdrawn: "đã rút",
  },
  text: {
    pending: (f) =>
      f.attempt > 0
        ? `Chưa hỏi được ${f.by} (lần thử ${num(f.attempt)}). Khóa không bị nghi ngờ gì. ${next(f.next, "Sẽ thử lại ngay.")}`
        : `Đang kiểm tra với ${f.by}, thường dưới 10 giây. Nó chưa phục vụ ai và chưa cộng gì vào giới hạn.`,
    healthy: (f) =>
      f.inFlight !== null && f.inFlight > 0
        ? `Đang xử lý ${num(f.inFlight)} yêu cầu.`
        : `Sẵn sàng.${f.checked === null ? "" : ` ${f.by} xác nhận ${f.checked}.`}`,
    cooling: (f) =>
      f.next === null
        ? "Đang nghỉ vì nguồn bảo hãy chờ. Nó tự trở lại."
        : `Đang nghỉ đến ${f.next} vì nguồn bảo hãy chờ. Nó tự trở lại.`,
    drained: (f) => `Tài khoản đã hết số dư. ${next(f.next, "Sẽ sớm kiểm tra lại.")} Nó tự trở lại khi có số dư.`,
    suspect: (f) => `${f.by} từ chối một lần. Chưa tính là lỗi của khóa: lần kiểm tra thứ hai sẽ quyết định. ${next(f.next, "Sẽ kiểm tra ngay.")}`,
    invalid: (f) =>
      `${f.by} không chấp nhận khóa này nữa, và lần kiểm tra thứ hai cũng vậy. Thường là đã có token mới hơn, hoặc gói đã hết. ${next(f.next, "Thỉnh thoảng sẽ thử lại.")} Nhanh hơn: góp token mới.`,
    paused: (f) => `Đang tạm dừng${f.since === null ? "" : ` (${f.since})`}. Không phục vụ ai cho đến khi được tiếp tục.`,
    withdrawn: (f) => `Đã rút vĩnh viễn${f.since === null ? "" : ` (${f.since})`}. Bản mã hóa đã xóa. Những gì nó đã phục vụ vẫn còn trong số liệu.`,
  },
  sameAccount: "Kho đã có một khóa khác của tài khoản này. Chỉ một trong hai phục vụ được.",
  reason: (word) => `Lý do: ${word}`,
  hold: {
    paused: "tạm dừng",
    hours: "ngoài giờ",
    cap: "đủ cho hôm nay",
    reserve: "giữ phần dự trữ",
  },
  holdText: {
    pausedByYou: (since) => `Người góp đã tạm dừng${since === null ? "" : ` (${since})`}. Không phục vụ ai cho đến khi được tiếp tục.`,
    pausedByAdmin: (reason) => `Quản trị viên đã tạm dừng${reason === null ? "" : `: “${reason}”`}. Chỉ quản trị viên cho tiếp tục được.`,
    hours: (until) => `Ngoài giờ cho phép${until === null ? "." : `; trở lại ${until}.`}`,
    cap: (until) => `Hôm nay đã đủ mức người góp cho phép${until === null ? "." : `; trở lại ${until}.`}`,
    reserve: "Phần còn lại trong tài khoản được giữ. Lần tạo miễn phí vẫn chạy.",
  },
};
