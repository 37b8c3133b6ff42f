// From a page's data to a chart's options, one function a kind of drawing. Each
// returns {option, height}; `env` has the width, whether it is narrow, and the
// colours. Names and ids come from data: they go into labels as plain texts, and
// into tooltips as text nodes, never as HTML.
const size = 12;

function tip(env, lines) {
  return {
    confine: true, backgroundColor: env.surface, borderColor: env.line, padding: [6, 9], textStyle: { color: env.text, fontSize: size },
    extraCssText: "max-width:min(340px,90vw);white-space:normal;overflow-wrap:anywhere;box-shadow:0 2px 8px rgb(0 0 0/.2)",
    formatter: (params) => {
      const box = document.createElement("div");
      for (const line of lines(params)) {
        if (!line) continue;
        const row = box.appendChild(document.createElement("div"));
        row.textContent = line;
      }
      return box;
    },
  };
}

function axisLook(env) {
  return {
    axisLine: { lineStyle: { color: env.line } }, axisTick: { show: false },
    axisLabel: { color: env.muted, fontSize: size, hideOverlap: true },
    splitLine: { lineStyle: { color: env.line } },
  };
}

function valueAxis(env, unit, more) {
  const look = axisLook(env);
  return {
    type: "value", minInterval: 1, splitNumber: env.narrow ? 3 : 4, ...look, axisLine: { show: false },
    axisLabel: { ...look.axisLabel, formatter: (v) => tick(v, unit) }, ...more,
  };
}

function grid(more) {
  return { left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel", ...more };
}

// nameAxis has names at the left, one a bar; long ones are cut.
function nameAxis(env, names) {
  const look = axisLook(env);
  const width = widest(names, size, Math.floor(env.width * (env.narrow ? 0.42 : 0.32)));
  return {
    type: "category", data: names, inverse: true, ...look, splitLine: { show: false },
    axisLabel: { ...look.axisLabel, color: env.text, interval: 0, width, overflow: "truncate", hideOverlap: false },
  };
}

const builders = {
  bars(data, env) {
    const band = { type: "category", data: data.categories, ...axisLook(env), splitLine: { show: false } };
    const across = data.across;
    const end = across ? 12 + Math.ceil(textWidth("$999.9k", size) / 2) : 12;
    const series = data.series.map((s) => ({
      type: "bar", name: s.name, data: s.values.map((v) => v.v), stack: data.stacked ? "all" : undefined,
      itemStyle: { color: env.tone(s.tone) }, barCategoryGap: data.touching ? "4%" : "28%", barGap: "8%", barMaxWidth: across ? 18 : 46,
      ...(data.touching ? { barMaxWidth: undefined } : {}),
    }));
    const height = across ? data.categories.length * (data.stacked ? 24 : 10 + 12 * series.length) + 40 : 220;
    return {
      height: Math.max(height, 90),
      option: {
        grid: grid({ right: end }), series,
        xAxis: across ? valueAxis(env, data.unit) : band,
        yAxis: across ? nameAxis(env, data.categories) : valueAxis(env, data.unit),
        tooltip: {
          trigger: "axis", axisPointer: { type: "shadow" },
          ...tip(env, (params) => [data.categories[params[0].dataIndex],
            ...params.map((p) => `${p.seriesName}: ${data.series[p.seriesIndex].values[p.dataIndex].t}`)]),
        },
      },
    };
  },

  lines(data, env) {
    const numbers = Boolean(data.x);
    const points = (s) => (numbers ? s.values.map((v, i) => [data.x[i], v.v]) : s.values.map((v) => v.v));
    const count = numbers ? data.x.length : data.categories.length;
    const series = data.series.map((s) => ({
      type: "line", name: s.name, data: points(s), color: env.tone(s.tone), step: data.steps ? "end" : false,
      symbol: count > 40 || data.spark ? "none" : "circle", symbolSize: 5,
      lineStyle: { width: data.spark ? 1.5 : 2, type: s.dash ? "dashed" : "solid" },
    }));
    if (data.limit) {
      series[0].markLine = {
        symbol: "none", silent: true, data: [{ yAxis: data.limit.v }], lineStyle: { color: env.tone("denied"), type: "dashed", width: 1.5 },
        label: { position: "insideStartTop", formatter: () => data.limit.t, color: env.text, fontSize: size },
      };
    }
    const x = numbers
      ? { ...valueAxis(env, {}), splitLine: { show: false }, min: data.x[0], max: data.x.at(-1) }
      : { type: "category", data: data.categories, boundaryGap: false, ...axisLook(env), splitLine: { show: false } };
    const all = [...data.series.flatMap((s) => s.values.map((v) => v.v)), data.limit ? data.limit.v : 0];
    const y = valueAxis(env, data.unit, data.limit ? { max: Math.max(...all) * 1.1, axisLabel: undefined } : {});
    if (data.limit) y.axisLabel = { ...axisLook(env).axisLabel, formatter: (v) => tick(v, data.unit), showMaxLabel: false };
    if (data.spark) {
      return {
        height: 28,
        option: {
          grid: { left: 2, right: 2, top: 4, bottom: 4 }, series,
          xAxis: { ...x, show: false }, yAxis: { type: "value", show: false, scale: false },
        },
      };
    }
    return {
      height: 220,
      option: {
        grid: grid({ right: numbers ? 26 : 30, left: numbers ? 4 : 16 }), series, xAxis: x, yAxis: y,
        tooltip: {
          trigger: "axis",
          ...tip(env, (params) => {
            const i = params[0].dataIndex;
            return [numbers ? `${data.x[i]} ${data.xName || ""}` : data.categories[i],
              ...params.map((p) => `${p.seriesName}: ${data.series[p.seriesIndex].values[i].t}`)];
          }),
        },
      },
    };
  },

  waterfall(data, env) {
    const names = data.steps.map((s) => s.name);
    const room = widest(data.steps.map((s) => s.t), size, env.width * 0.34) + 12;
    const least = data.steps.map((s) => Math.max(Math.min(s.from, s.to), data.start));
    const bars = data.steps.map((s, i) => ({
      value: Math.max(s.from, s.to) - least[i], itemStyle: { color: env.tone(s.tone) },
      label: { show: true, position: "right", formatter: () => s.t, color: env.text, fontSize: size },
      name: names[i],
    }));
    return {
      height: names.length * 26 + 34,
      option: {
        grid: grid({ right: room }),
        xAxis: valueAxis(env, data.unit, { splitNumber: env.narrow ? 2 : 4, min: data.start }), yAxis: nameAxis(env, names),
        series: [
          { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent" }, data: least, barMaxWidth: 18 },
          { type: "bar", stack: "all", data: bars, barMaxWidth: 18, barMinHeight: 1 },
        ],
        tooltip: tip(env, (p) => (p.seriesIndex === 1 ? [names[p.dataIndex], data.steps[p.dataIndex].t] : [names[p.dataIndex]])),
      },
    };
  },

  sankey(data, env) {
    const depth = Math.max(...data.nodes.map((n) => n.depth));
    const last = data.nodes.filter((n) => n.depth === depth);
    const ends = data.nodes.filter((n) => n.depth === depth || !data.links.some((l) => l.from === n.name));
    const room = widest(ends.map((n) => n.label), size, env.width * (env.narrow ? 0.48 : 0.4)) + 14;
    const column = (env.width - room - 12) / depth;
    const perColumn = new Map();
    for (const n of data.nodes) perColumn.set(n.depth, (perColumn.get(n.depth) || 0) + 1);
    const most = Math.max(...perColumn.values());
    const labels = new Map(data.nodes.map((n) => [n.name, n]));
    const twoLines = env.narrow && depth > 1; // of the nodes before the last: the count above its name
    const shown = (n) => (twoLines && n.depth < depth ? n.label.replace(" ", "\n") : n.label);
    return {
      height: Math.max(170, most * (twoLines ? 36 : 26) + 70),
      option: {
        series: [{
          type: "sankey", left: 2, right: room, top: 10, bottom: 10, nodeWidth: 12, nodeGap: twoLines ? 26 : 16, layoutIterations: 0, draggable: false,
          emphasis: { focus: "adjacency" }, lineStyle: { color: "target", opacity: 0.35, curveness: 0.5 },
          data: data.nodes.map((n) => ({
            name: n.name, depth: n.depth, itemStyle: { color: env.tone(n.tone), borderWidth: 0 },
            label: {
              color: env.text, fontSize: size, position: "right", lineHeight: 14, formatter: () => shown(n), overflow: "truncate",
              width: last.includes(n) ? room - 6 : column - 16, textBorderColor: env.surface, textBorderWidth: 2,
            },
          })),
          links: data.links.map((l) => ({ source: l.from, target: l.to, value: l.v })),
        }],
        tooltip: tip(env, (p) => (p.dataType === "edge"
          ? [`${labels.get(p.data.source).label} → ${labels.get(p.data.target).label}`, data.links[p.dataIndex].t]
          : [labels.get(p.name).label, labels.get(p.name).t])),
      },
    };
  },

  heatmap(data, env) {
    const look = axisLook(env);
    const names = { ...look.axisLabel, color: env.text, interval: 0, hideOverlap: false, overflow: "truncate" };
    const left = widest(data.y, size, env.width * 0.3);
    const cell = (env.width - left - 20) / data.x.length;
    // A cell has room for its number; on a screen the drawing scrolls instead.
    const wide = Math.min(env.paper ? cell : Math.max(cell, 26), 56);
    const off = data.cells.filter((c) => c.x !== c.y);
    const top = Math.max(1, ...off.map((c) => c.v));
    const below = widest(data.x, size, 130);
    return {
      width: Math.max(env.width, Math.ceil(left + 20 + wide * data.x.length)),
      height: Math.round(data.y.length * Math.max(20, Math.min(wide, 28))) + below + 24,
      option: {
        grid: { left: left + 10, width: Math.floor(wide * data.x.length), top: 8, bottom: below + 12, outerBoundsMode: "none" },
        xAxis: { type: "category", data: data.x, ...look, axisLabel: { ...names, rotate: 90, width: below } },
        yAxis: { type: "category", data: data.y, inverse: true, ...look, axisLabel: { ...names, width: left } },
        visualMap: { type: "continuous", show: false, min: 0, max: top, inRange: { color: [env.heatLow, env.heatHigh] } },
        series: [{
          type: "heatmap", itemStyle: { borderColor: env.surface, borderWidth: 1 },
          label: { show: wide >= 26, fontSize: 11, formatter: (p) => p.name },
          data: data.cells.map((c) => ({
            value: [c.x, c.y, c.v], name: shortest(c.v),
            ...(c.x === c.y ? { visualMap: false, itemStyle: { color: env.heatOwn } } : {}),
            label: { color: c.x !== c.y && c.v > top / 2 ? env.heatInk : env.text },
          })),
        }],
        tooltip: tip(env, (p) => [`${data.y[p.value[1]]} and ${data.x[p.value[0]]}`, data.cells[p.dataIndex].t]),
      },
    };
  },
};

function shortest(count) {
  return count < 10000 ? String(count) : shorten(count, 0).join("");
}
