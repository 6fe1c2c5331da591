/** Numbers and times in words, by the rules of a language. Unknown is "–", never 0. */
import type { Language } from "../i18n/language";
import { serverNow } from "./clock";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Formats = ReturnType<typeof formats>;

export function formats(language: Language) {
  const exact = new Intl.NumberFormat(language);
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const brief = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const fine = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const cents = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
  const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
  const zone = new Intl.DateTimeFormat(language, { timeZoneName: "shortOffset" });
  const signed = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" });
  // Made once each: to make one costs as much as to write a hundred numbers with it.
  const units = new Map<string, Intl.NumberFormat>();
  const unit = (value: number, name: string, digits = 0) => {
    // "mili giây", which nobody writes and no axis has room for.
    if (name === "millisecond" && language === "vi") return `${(digits === 0 ? whole : digits === 1 ? brief : fine).format(value)} ms`;
    const key = `${name} ${digits}`;
    const known = units.get(key) ?? new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits });
    units.set(key, known);
    return known.format(value);
  };

  /** "40 s", "2 min 5 s", "3 h 10 min". */
  function span(ms: number): string {
    if (ms < SECOND) return unit(Math.round(ms), "millisecond");
    const seconds = Math.round(ms / SECOND);
    if (seconds < 60) return unit(seconds, "second");
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
    if (hours >= 48) return unit(Math.round(hours / 24), "day");
    const [large, small] = hours > 0 ? [unit(hours, "hour"), minutes] : [unit(minutes, "minute"), seconds % 60];
    return small === 0 ? large : `${large} ${unit(small, hours > 0 ? "minute" : "second")}`;
  }

  /** "2 min ago", "in 3 h". */
  function ago(at: number, now = serverNow()): string {
    const past = at - now;
    const size = Math.abs(past);
    if (size < 10 * SECOND) return relative.format(0, "second");
    if (size < MINUTE) return relative.format(Math.round(past / SECOND), "second");
    if (size < HOUR) return relative.format(Math.round(past / MINUTE), "minute");
    if (size < 2 * DAY) return relative.format(Math.round(past / HOUR), "hour");
    if (size < 60 * DAY) return relative.format(Math.round(past / DAY), "day");
    return moment.format(at);
  }

  /** A time of today by its clock, another one with its day. */
  function at(when: number, now = serverNow()): string {
    return new Date(when).toDateString() === new Date(now).toDateString() ? time.format(when) : moment.format(when);
  }

  /** Of a duration: "640 ms", "8.8 s", "2 min 5 s". */
  function ms(value: number): string {
    if (value < SECOND) return unit(Math.round(value), "millisecond");
    return value < MINUTE ? unit(value / 1000, "second", 1) : span(value);
  }

  /** "512 B", "8 MiB": powers of 1024. */
  function bytes(value: number): string {
    const powers = ["B", "KiB", "MiB", "GiB", "TiB"];
    const step = Math.min(powers.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
    return `${(step === 0 ? whole : brief).format(value / 1024 ** step)} ${powers[step]}`;
  }

  return {
    bytes,
    num: (value: number) => exact.format(value),
    /** Exact below 10 000. */
    short: (value: number) => (Math.abs(value) < 10_000 ? exact.format(value) : compact.format(value)),
    /** 0.993 as "99.3 %". */
    share: (value: number) => percent.format(value),
    /** Of an amount in millionths, as the API tells credit. */
    millionths: (value: number) => exact.format(Math.round(value / 10_000) / 100),
    /** The same to the cent. */
    money: (value: number) => cents.format(value / 1_000_000),
    none: "–",
    count: (value: number | null | undefined) => (value === null || value === undefined ? "–" : exact.format(value)),
    span,
    ago,
    at,
    moment: (when: number) => moment.format(when),
    full: (when: number) => full.format(when),
    ms,
    /** Of microseconds; the smallest to a hundredth of a millisecond. */
    us: (value: number) => (value < 10_000 ? unit(value / 1000, "millisecond", 2) : ms(value / 1000)),
    /** "14:30". */
    clock: (when: number) => clock.format(when),
    /** "21 Nov". */
    day: (when: number) => day.format(when),
    /** "UTC+7". */
    zone: (when: number) => (zone.formatToParts(when).find((part) => part.type === "timeZoneName")?.value ?? "").replace(/^GMT(\+0$)?/, "UTC"),
    /** 0.12 as "+12%". */
    change: (value: number) => signed.format(value),
    /** One after another, as the language parts them. */
    sentences: (said: string[]) => said.filter((one) => one !== "").join(language === "zh" ? "" : " "),
    list: (parts: string[]) => parts.join(language === "zh" ? "、" : ", "),
  };
}
