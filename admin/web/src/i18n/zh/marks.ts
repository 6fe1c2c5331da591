import { writer } from "../language";
import type { Part } from "../messages";

const { num } = writer("zh");

export const marks: Part<"marks"> = {
  happened: "发生了什么",
  kind: { start: "边缘进程启动", policy: "服务方式有改动", finding: "出现问题" },
  besides: (values, what) => `${values}；${what}`,
  start: (edge, version) => `${edge} 启动，版本 ${version}`,
  act: {
    "limits.edited": "限额已更改",
    "settings.edited": "设置已更改",
    "upstream.edited": "上游已更改",
    "node.added": "添加了节点",
    "node.edited": "节点已更改",
    "node.removed": "移除了节点",
    "node.activated": "设为首选节点",
    "node.granted": "允许运营者的密钥用于节点",
    "outbound_proxy.added": "添加了出站代理",
    "outbound_proxy.edited": "出站代理已更改",
    "outbound_proxy.removed": "移除了出站代理",
  },
  of: (what, name) => `${what}：${name}`,
  more: (n) => `另有 ${num(n)} 项，全部列在表格中。`,
  cut: (time) => `${time} 之前发生的事过多，未列出。`,
  sinceStart: "自上次启动以来",
};
