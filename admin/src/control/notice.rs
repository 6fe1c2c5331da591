//! What contributors are told before they lend an account.
//!
//! Invariant: all languages say the same; whoever changes what they say counts the version up; which version somebody
//! accepted is kept with the key.

use crate::api::{ContributionNotice, NoticeLanguage};
use crate::error::ControlError;

/// Counts up when the text changes.
pub(super) const VERSION: u32 = 1;

const TEXT: &str = "You lend a paid account to strangers.\n\
\n\
What you risk: its provider may forbid sharing, and may suspend or close the account without notice. Other members' \
requests run under your account's name; the provider may keep them, show them in your account, and hold you \
responsible. While a request of theirs runs, you may have to wait. Do not lend an account that you cannot afford to \
lose, and keep nothing in it that nobody else may see.\n\
\n\
What protects the key: it is encrypted as soon as it arrives and is never shown again, to you and to admins neither. It \
is sent to its provider's own hosts alone. Members cannot reach your stories, settings or payment data through it. But \
the relay has to decrypt it to use it: you trust whoever runs this server.\n\
\n\
What stays in your hands: you choose what others may spend on it, how often, and in which hours, and on NovelAI nothing \
that costs Anlas is allowed unless you say so. You can pause the key, which counts from the next request on, or withdraw \
it, which deletes it here for good. Backups that the server's operator made before still have it in encrypted form.";

const ZH: &str = "你把一个付费账户借给陌生人。\n\
\n\
你承担的风险：服务商可能禁止共享，并可能不经通知就暂停或关闭该账户。其他成员的请求以你账户的名义执行；服务商可能保留这些内容，\
在你的账户里显示它们，并要你负责。别人的请求执行时，你可能需要等待。不要出借你承受不起失去的账户，也不要在里面存放不能让别人\
看到的东西。\n\
\n\
密钥受到的保护：它一到达就被加密，此后不再显示，对你和管理员都不显示。它只会发往其服务商自己的主机。成员无法通过它接触到你的\
故事、设置或付款信息。但中转站必须解密它才能使用：你信任运行这台服务器的人。\n\
\n\
由你决定的事：别人可以用它花多少、多频繁、在哪些时段；在 NovelAI 上，除非你允许，任何花费 Anlas 的请求都不会执行。你可以暂停\
密钥，从下一个请求起生效；也可以撤回它，这里的内容会永久删除。服务器运营者此前做的备份中仍有它加密后的内容。";

const VI: &str = "Bạn cho người lạ mượn một tài khoản trả phí.\n\
\n\
Bạn chịu rủi ro gì: nhà cung cấp có thể cấm dùng chung, và có thể tạm ngừng hoặc đóng tài khoản mà không báo trước. Yêu \
cầu của thành viên khác chạy dưới tên tài khoản của bạn; nhà cung cấp có thể lưu lại, hiện chúng trong tài khoản của bạn, \
và bắt bạn chịu trách nhiệm. Khi yêu cầu của họ đang chạy, bạn có thể phải chờ. Đừng cho mượn tài khoản mà bạn không thể \
để mất, và đừng giữ trong đó thứ gì không ai khác được thấy.\n\
\n\
Điều gì bảo vệ khóa: nó được mã hóa ngay khi đến và không bao giờ hiện lại, cả với bạn lẫn quản trị viên. Nó chỉ được gửi \
đến máy chủ của chính nhà cung cấp. Qua nó, thành viên không với tới được truyện, cài đặt hay thông tin thanh toán của \
bạn. Nhưng trạm phải giải mã nó mới dùng được: bạn tin người vận hành máy chủ này.\n\
\n\
Điều gì vẫn trong tay bạn: bạn chọn người khác được tiêu bao nhiêu, thường xuyên đến đâu và vào giờ nào; trên NovelAI, \
không gì tốn Anlas được phép chạy trừ khi bạn cho phép. Bạn có thể tạm dừng khóa, có hiệu lực từ yêu cầu kế tiếp, hoặc rút \
nó, khi đó nó bị xóa vĩnh viễn ở đây. Các bản sao lưu mà người vận hành đã làm trước đó vẫn có nó ở dạng mã hóa.";

/// What contributors are told.
#[must_use]
pub(crate) fn notice(language: NoticeLanguage) -> ContributionNotice {
    let text = match language {
        NoticeLanguage::En => TEXT,
        NoticeLanguage::Zh => ZH,
        NoticeLanguage::Vi => VI,
    };
    ContributionNotice {
        version: VERSION,
        text: text.to_owned(),
    }
}

/// Refuses what is brought without it.
pub(super) fn accepted(accepted: bool) -> Result<u32, ControlError> {
    if accepted {
        Ok(VERSION)
    } else {
        Err(ControlError::RiskNotAccepted(TEXT))
    }
}
