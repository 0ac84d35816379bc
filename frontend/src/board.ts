/** Charts of boards: described as data in the page, drawn with direct labels in our colours, redrawn with the theme. */

import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

import { chartOption, type ChartData } from "./lib/charts";
import { pictures } from "./lib/picture";

echarts.use([BarChart, LineChart, AriaComponent, GridComponent, TooltipComponent, LabelLayout, CanvasRenderer]);

function colours(): Record<string, string> {
  const style = getComputedStyle(document.documentElement);
  const names = ["ink", "ink-soft", "rule", "raised", "font", "chart-1", "chart-2", "chart-3", "chart-4", "chart-5"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** The colours of paper, which is light whatever the screen shows. */
function onPaper(): Record<string, string> {
  const root = document.documentElement;
  const chosen = root.dataset["theme"];
  root.dataset["theme"] = "light";
  const found = colours();
  if (chosen === undefined) delete root.dataset["theme"];
  else root.dataset["theme"] = chosen;
  return found;
}

function draw(element: HTMLElement): void {
  const source = element.querySelector("script[type='application/json']");
  if (!source) return;
  const data = JSON.parse(source.textContent ?? "{}") as ChartData;
  const box = document.createElement("div");
  box.className = "chart";
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", element.dataset["label"] ?? "");
  // A bar for each name needs its line; only so every name and number can stand beside its bar.
  if (data.kind === "rows") box.style.height = `max(16rem, ${data.names.length * 1.75 + 3}rem)`;
  element.append(box);
  const chart = echarts.init(box);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const option = (shown: Record<string, string>) => chartOption(data, shown, chart.getHeight());
  const paint = () => chart.setOption({ ...option(colours()), animation: !still }, true);
  paint();
  new ResizeObserver(() => chart.resize()).observe(box);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  window.addEventListener("beforeprint", () => chart.setOption({ ...option(onPaper()), animation: false }, true));
  window.addEventListener("afterprint", paint);
  element.addEventListener("linli:picture", (event) => {
    const canvas = box.querySelector("canvas");
    if (canvas) (event as CustomEvent<(canvas: HTMLCanvasElement) => void>).detail(canvas);
  });
  chart.on("click", (event) => {
    const address = data.urls?.[event.dataIndex ?? -1];
    if (address) window.location.assign(address);
  });
}

document.querySelectorAll<HTMLElement>("[data-chart]").forEach(draw);
pictures();
