// What a page does once it is read.
function closeDetails() {
  for (const d of document.querySelectorAll("details[open]")) d.open = false;
}

// markWide says which frames of tables hold more than they show.
function markWide() {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) target.classList.toggle("wide", target.scrollWidth > target.clientWidth + 1);
  });
  for (const frame of document.querySelectorAll(".scroll")) observer.observe(frame);
}

// openForPrinting opens what a reader of the paper could not: tables that stand
// behind a line. Figures of charts and long lists stay as they are.
function openForPrinting() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open], .figures-of, .values, .screen)")];
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of opened) d.open = false;
    opened = [];
  });
}

function startCopying() {
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.previousElementSibling.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select and copy by hand";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
}

// unpackLibrary runs the chart library, which the page carries packed.
async function unpackLibrary(packed) {
  const bytes = Uint8Array.from(atob(packed.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
}

async function start() {
  theme.start();
  closeDetails();
  startCopying();
  markWide();
  openForPrinting();
  const library = document.getElementById("chart-library");
  if (!library) return;
  if (typeof DecompressionStream === "undefined") {
    root.classList.add("no-charts");
    for (const d of document.querySelectorAll("details.figures-of")) d.open = true;
    return;
  }
  await unpackLibrary(library.textContent);
  startCharts();
}

start();
