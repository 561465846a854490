// The last runs, and what differs between two that are marked. Of each run but the newest, `d`
// has what differs from the one after it: Parameters, Metrics, Files of code and who Uses them.
const { runs, down, web } = JSON.parse(document.getElementById("runs").textContent);
let all = {};
for (const run of runs) all = run.all = { ...all, ...run.d };
const make = (tag, props, ...inside) => {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...inside);
  return made;
};
const table = (head, rows) =>
  make("table", { className: "plain" },
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", {}, text)))),
    make("tbody", {}, ...rows));
const keysOf = (kind, ...of) =>
  [...new Set(of.flatMap((run) => Object.keys(run.all)))]
    .filter((key) => key[0] === kind && of.some((run) => run.all[key] != null)).sort();
const differing = (kind, a, b) =>
  keysOf(kind, a, b).filter((key) => JSON.stringify(a.all[key]) !== JSON.stringify(b.all[key]));
const isNumber = (value) => typeof value === "number";
const show = (value, digits = 4) =>
  isNumber(value) ? String(Number(value.toPrecision(digits)))
    : typeof value === "string" ? value : value == null ? "–" : JSON.stringify(value);
const step = (now, then) =>
  isNumber(now) && isNumber(then) && now !== then
    ? `${now > then ? "+" : "−"}${show(Math.abs(now - then), 3)}` : "";
const when = (run) =>
  new Date(run.started).toLocaleString("sv").slice(0, 16); // 2027-01-31 09:00
const commit = (run) => {
  const text = run.commit.slice(0, 7);
  const link = web && text ? make("a", { href: `${web}/commit/${run.commit}` }, text) : text;
  return make("td", {}, link, run.edited ? "+" : "");
};
const draw = (values, label) => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((value, number) =>
    [4 + (112 * number) / (values.length - 1 || 1), 24 - (20 * (value - low)) / (high - low || 1)]
      .map((at) => at.toFixed(1)));
  const picture = make("span", { className: "line" }, label);
  picture.insertAdjacentHTML("beforeend", `<svg width="120" height="28" aria-hidden="true">
<polyline fill="none" stroke="currentColor" stroke-width="1.5" points="${points.join(" ")}"/>
<circle cx="${points.at(-1)[0]}" cy="${points.at(-1)[1]}" r="3" fill="currentColor"/></svg>`);
  return picture;
};

const compared = make("section", {});
let marked = [];
const mark = (run) => {
  marked = marked.includes(run) ? marked.filter((one) => one !== run) : [...marked, run].slice(-2);
  for (const one of runs) one.row.classList.toggle("marked", marked.includes(one));
  compared.replaceChildren();
  if (marked.length === 2) compared.append(...compare(...[...marked].sort((a, b) => (a.name < b.name ? -1 : 1))));
};
const compare = (a, b) => {
  const row = (name, ...cells) => make("tr", {}, make("th", {}, name), ...cells);
  const rows = [...differing("P", a, b), ...keysOf("M", a, b)].map((key) => {
    const [then, now] = [a.all[key], b.all[key]];
    const cells = [show(then), show(now), step(now, then)];
    return row(key.slice(2), ...cells.map((text) => make("td", {}, text)));
  });
  const files = differing("F", a, b).map((key) => {
    const file = key.slice(2);
    return make("li", {}, `${file}, used by ${b.all[`U ${file}`] ?? a.all[`U ${file}`]}`);
  });
  const href = `${web}/compare/${a.commit}...${b.commit}`;
  return [
    make("h3", {}, "Two runs"),
    table(["", when(a), when(b), ""], [...rows, row("commit", commit(a), commit(b))]),
    make("p", {}, files.length ? "Code that differs:" : "Their code is the same."),
    make("ul", {}, ...files),
    web && a.commit !== b.commit ? make("a", { href }, "What was committed between them") : "",
    make("p", { className: "quiet" }, `nbtasks runs ${a.name.slice(-4)} ${b.name.slice(-4)}`),
  ];
};

const lay = (group, name) => {
  const done = group.filter((run) => run.outcome === "done");
  const metrics = keysOf("M", ...done);
  const best = Object.fromEntries(metrics.map((key) => {
    const values = done.map((run) => run.all[key]).filter(isNumber);
    return [key, Math[down.includes(key.slice(2)) ? "min" : "max"](...values)];
  }));
  let before;
  for (const run of [...group].reverse()) {
    const then = before;
    const good = run.outcome === "done";
    const cell = (key) => {
      const value = good ? run.all[key] : null;
      const toBest = value === best[key] ? "best" : step(value, best[key]) && `${step(value, best[key])} to best`;
      const notes = [step(value, then?.all[key]), toBest].filter(Boolean).join(", ");
      return make("td", {}, show(value), make("small", {}, notes));
    };
    const changed = !then ? [] : [
      ...differing("P", run, then).map((key) =>
        `${key.slice(2)} ${show(then.all[key])} → ${show(run.all[key])}`),
      ...differing("F", run, then).map((key) => key.slice(2).split("/").slice(-2).join("/")),
    ];
    const box = make("button", { type: "button" }, when(run), good ? "" : ` ${run.outcome}`);
    run.row = make("tr", { className: good ? "" : "off" },
      make("th", {}, box), make("td", { className: "words" }, changed.join(", ")),
      ...metrics.map(cell), make("td", {}, `${show(run.seconds, 3)} s`), commit(run));
    run.row.addEventListener("click", (event) => event.target.closest("a") || mark(run));
    if (good) before = run;
  }
  const rows = group.map((run) => run.row);
  const more = make("button", { className: "button" }, `All ${rows.length} runs`);
  const hide = (hidden) => rows.slice(10).forEach((row) => { row.hidden = hidden; });
  more.addEventListener("click", () => more.remove(hide(false)));
  hide(true);
  const lines = metrics.map((key) => {
    const values = done.map((run) => run.all[key]).filter(isNumber).reverse();
    return values.length ? draw(values, `${key.slice(2)} ${show(values.at(-1))}`) : "";
  });
  const titles = metrics.map((key) => key.slice(2));
  return make("div", { className: "rows" },
    make("h3", {}, name), make("p", { className: "lines" }, ...lines),
    table(["", "changed", ...titles, "took", "commit"], rows), rows.length > 10 ? more : "");
};
const groups = [["", (run) => !run.sample], ["On the sample", (run) => run.sample]];
for (const [name, is] of groups) {
  if (runs.some(is)) document.getElementById("history").append(lay(runs.filter(is), name));
}
document.getElementById("history").append(compared);
