// Builds charts.min.js.gz from entry.js: one file with a banner of the exact
// versions and all licence texts. The same versions give the same script.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
const versions = ["echarts", "zrender", "tslib", "esbuild"].map((name) => `${name} ${version(name)}`).join(", ");
const texts = [
  ["Apache ECharts: NOTICE", "node_modules/echarts/NOTICE"],
  ["Apache ECharts: LICENSE", "node_modules/echarts/LICENSE"],
  ["d3.js, parts of which are in Apache ECharts", "node_modules/echarts/licenses/LICENSE-d3"],
  ["zrender", "node_modules/zrender/LICENSE"],
  ["tslib", "node_modules/tslib/LICENSE.txt"],
];
const licences = texts.map(([name, path]) => `== ${name} ==\n\n${readFileSync(path, "utf8").replaceAll("\r", "").trim()}\n`).join("\n");
writeFileSync("LICENSES.txt", licences);

const result = await build({
  entryPoints: ["entry.js"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "echarts",
  target: "es2020",
  charset: "ascii",
  legalComments: "none", // all of them are in the banner
  define: { "process.env.NODE_ENV": '"production"' },
  banner: { js: `/*! amends charts: ${versions}\n\n${licences.replaceAll("*/", "* /")}*/` },
  write: false,
});
const script = result.outputFiles[0].contents;
const packed = gzipSync(script, { level: 9 });
packed[9] = 255; // the operating system that packed it: unknown, on every one
writeFileSync("charts.min.js.gz", packed);
const digest = createHash("sha256").update(script).digest("base64");
writeFileSync("charts.min.js.facts", `${version("echarts")} sha256-${digest}\n`); // so that no page has to unpack it
console.log(`${versions}: ${script.length} bytes, packed ${packed.length}`);
