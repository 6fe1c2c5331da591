import { writer } from "../language";
import type { Part } from "../messages";

const { num } = writer("zh");
const next = (at: string | null, otherwise: string) => (at === null ? otherwise : `下次检查：${at}。`);

export const states: Part<"states"> = {
  word: {
    pending: "检查中",
    healthy: "正常",
    cooling: "休息中",
    drained: "额度用尽",
    suspect: "存疑",
    invalid: "不被接受",
    paused: "已暂停",
    withdrawn: "已撤回",
  },
  text: {
    pending: (f) =>
      f.attempt > 0
        ? `暂时无法向 ${f.by} 确认（第 ${num(f.attempt)} 次尝试）。这不说明密钥有问题。${next(f.next, "稍后会再试。")}`
        : `正在向 ${f.by} 确认，通常不到 10 秒。目前不为任何人服务，也不增加限额。`,
    healthy: (f) =>
      f.inFlight !== null && f.inFlight > 0
        ? `正在处理 ${num(f.inFlight)} 个请求。`
        : `就绪。${f.checked === null ? "" : `${f.by} 已确认（${f.checked}）。`}`,
    cooling: (f) =>
      f.next === null
        ? "上游要求稍候，正在休息，会自行恢复。"
        : `上游要求稍候，休息到 ${f.next}，会自行恢复。`,
    drained: (f) => `账户里没有余额了。${next(f.next, "稍后会再检查。")}余额补足后会自行恢复。`,
    suspect: (f) => `${f.by} 拒绝过一次。暂不归咎于密钥，由再次检查决定。${next(f.next, "很快就会检查。")}`,
    invalid: (f) =>
      `${f.by} 不再接受这把密钥，再次检查的结果也一样。多半是有了更新的令牌，或订阅已结束。${next(f.next, "我们会不时重试。")}更快的办法：贡献新的令牌。`,
    paused: (f) => `已暂停${f.since === null ? "" : `（${f.since}）`}，恢复之前不为任何人服务。`,
    withdrawn: (f) => `已永久撤回${f.since === null ? "" : `（${f.since}）`}，加密内容已清除。它服务过的数量仍保留在统计中。`,
  },
  sameAccount: "池中已有该账户的另一把密钥，两者只能有一把提供服务。",
  reason: (word) => `原因：${word}`,
  hold: {
    paused: "已暂停",
    hours: "不在开放时段",
    cap: "今日已满",
    reserve: "保留余额",
  },
  holdText: {
    pausedByYou: (since) => `贡献者已暂停${since === null ? "" : `（${since}）`}，恢复之前不为任何人服务。`,
    pausedByAdmin: (reason) => `管理员已暂停${reason === null ? "" : `：“${reason}”`}。只有管理员可以恢复。`,
    hours: (until) => `不在开放时段${until === null ? "。" : `；${until} 恢复。`}`,
    cap: (until) => `今天已达到贡献者允许的上限${until === null ? "。" : `；${until} 恢复。`}`,
    reserve: "剩下的余额要保留，免费生成仍可进行。",
  },
};
