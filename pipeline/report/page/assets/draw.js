// Draws the charts of a page, and draws them again where the theme, the width or
// the paper wants it.
const drawn = []; // {canvas, data, build, chart, width}

// look is what a chart takes from the style: colours by meaning.
function look() {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    tone: (name) => read(`--tone-${name}`) || read("--tone-neutral"),
    text: read("--text"), muted: read("--muted"), line: read("--line"), surface: read("--surface"),
    heatLow: read("--heat-low"), heatHigh: read("--heat-high"), heatOwn: read("--heat-own"), heatInk: read("--heat-ink"),
    font: fontFamily(),
  };
}

function draw(entry, width, style) {
  const space = width || entry.canvas.clientWidth;
  if (!space) return;
  const small = entry.canvas.classList.contains("small");
  const { option, height, width: needed } = entry.build(entry.data, { width: space, narrow: space < 560, paper: printing, ...style });
  const tall = small ? 28 : Number(entry.canvas.dataset.height) || height;
  const size = { width: needed || space, height: tall };
  entry.canvas.classList.toggle("wide", size.width > space);
  entry.canvas.style.height = `${tall + (size.width > space ? 16 : 0)}px`; // with the room of a scroll bar
  if (entry.chart) entry.chart.resize(size);
  else entry.chart = echarts.init(entry.canvas, null, { renderer: "svg", ...size });
  entry.width = space;
  entry.chart.setOption(
    { animation: false, textStyle: { fontFamily: style.font, color: style.text }, ...option },
    { notMerge: true },
  );
}

function drawAll() {
  const style = look();
  for (const entry of drawn) draw(entry, 0, style);
}

// drawInTurns lets the page answer between charts: a night may have a hundred.
function drawInTurns(entries, done) {
  const style = look();
  let next = 0;
  const turn = () => {
    const until = performance.now() + 24;
    while (next < entries.length && performance.now() < until) draw(entries[next++], 0, style);
    if (next < entries.length) setTimeout(turn);
    else done();
  };
  turn();
}

function follow() {
  let waits = false;
  const observer = new ResizeObserver(() => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      const style = look();
      for (const entry of drawn) {
        const width = entry.canvas.clientWidth;
        if (width && width !== entry.width && !printing) draw(entry, 0, style);
      }
    });
  });
  for (const entry of drawn) observer.observe(entry.canvas);
  theme.listeners.push(() => {
    if (!printing) drawAll();
  });
}

// Paper is white, and as wide as a page of it, in CSS pixels.
const paperWidth = 660;
let printing = false;

function paper(starts) {
  if (starts === printing) return;
  printing = starts;
  if (!starts) {
    theme.set(theme.chosen);
    return;
  }
  root.dataset.theme = "light";
  const style = look();
  for (const entry of drawn) {
    const small = entry.canvas.classList.contains("small");
    const half = entry.canvas.closest(".grid");
    draw(entry, small ? entry.width : half ? paperWidth / 2 - 16 : paperWidth, style);
  }
}

function followPrinting() {
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  matchMedia("print").addEventListener("change", (e) => paper(e.matches));
}

function startCharts() {
  for (const canvas of document.querySelectorAll(".canvas")) {
    const build = builders[canvas.dataset.kind];
    drawn.push({ canvas, build, data: JSON.parse(canvas.nextElementSibling.textContent) });
  }
  drawInTurns(drawn, () => {
    follow();
    followPrinting();
    root.dataset.charts = "drawn";
  });
}
