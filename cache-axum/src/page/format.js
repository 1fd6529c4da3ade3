// Numbers and times as people read them. `null` is shown as a dash.

const NONE = "–";
const UNITS = [["G", 1e9], ["M", 1e6], ["k", 1e3]];

/** Three digits that count: 0.42, 12.3, 840. */
function figure(number) {
  const digits = number >= 100 ? 0 : number >= 10 ? 1 : 2;
  return number.toLocaleString("en", { maximumFractionDigits: digits });
}

/** A count: 8,412, from a hundred thousand on 1.2M. */
function count(number) {
  if (number == null) return NONE;
  const unit = number >= 1e5 && UNITS.find(([, size]) => number >= size);
  return unit ? figure(number / unit[1]) + unit[0] : number.toLocaleString("en");
}

function rate(number) {
  if (number == null) return NONE;
  return number >= 1e5 ? count(number) : figure(number);
}

function percent(ratio) {
  if (ratio == null) return NONE;
  // No ratio below 1 is shown as 100 %, and none above 0 as 0 %.
  const shown = ratio >= 1 ? 100 : Math.min(99.9, Math.round(ratio * 1000) / 10);
  return `${shown < 0.1 && ratio > 0 ? 0.1 : shown}\u202f%`;
}

/** An amount with its unit: 12.3 USD. */
function money(saved) {
  return saved == null ? NONE : `${figure(saved.amount)}\u202f${saved.unit}`;
}

function bytes(number) {
  if (number == null) return NONE;
  const powers = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = number < 1 ? 0 : Math.min(4, Math.floor(Math.log2(number) / 10));
  return `${figure(number / 1024 ** power)}\u202f${powers[power]}`;
}

/** A time in seconds: 840 µs, 12 ms, 1.2 s, 3.4 min, 5.1 h, 12 d. */
function duration(seconds) {
  if (seconds == null) return NONE;
  const [unit, size] =
    seconds === 0 ? ["s", 1]
    : seconds < 0.001 ? ["µs", 1e-6]
    : seconds < 1 ? ["ms", 0.001]
    : seconds < 120 ? ["s", 1]
    : seconds < 7200 ? ["min", 60]
    : seconds < 172800 ? ["h", 3600]
    : ["d", 86400];
  return `${figure(seconds / size)}\u202f${unit}`;
}

/** A whole time, for what has lasted. */
function lasting(seconds) {
  if (seconds < 60) return "less than a minute";
  const [unit, size] = seconds < 7200 ? ["min", 60] : seconds < 172800 ? ["h", 3600] : ["d", 86400];
  return `${Math.floor(seconds / size)}\u202f${unit}`;
}

/** The time of day of a moment that is `seconds` ago, with the day when it was another. */
function clock(seconds) {
  const date = new Date(Date.now() - seconds * 1000);
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? time : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
}

