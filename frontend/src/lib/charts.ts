/** Turns a chart described as data into ECharts' options: zero-based, named directly, few lines. */

export interface ChartData {
  kind: "bar" | "line" | "area" | "rows";
  names: string[];
  series: { name: string; values: (number | null)[] }[];
  /** Where a click on the n-th name leads: no number without its list. */
  urls?: string[];
  unit?: string;
}

const LINE_HEIGHT = 18;
const AROUND_PLOT = 24 + 8 + 28;

/**
 * How far each name at the end of a line moves down (pixels), so that none lies over another: lines that end alike, or
 * nearly so, have their names one below the other. `height` is that of the whole chart, in pixels.
 */
export function endOffsets(data: ChartData, height: number): number[] {
  const plot = Math.max(LINE_HEIGHT, height - AROUND_PLOT);
  const ends = data.series.map((one) => one.values.filter((value) => value !== null).at(-1) ?? 0);
  const top = Math.max(1, ...data.series.flatMap((one) => one.values.map((value) => value ?? 0))) * 1.1;
  const from = ends.map((end) => plot - (plot * end) / top);
  const order = from.map((_, place) => place).sort((a, b) => from[a]! - from[b]! || a - b);
  const placed = [...from];
  order.forEach((place, rank) => {
    const above = rank > 0 ? placed[order[rank - 1]!]! + LINE_HEIGHT : -Infinity;
    placed[place] = Math.max(from[place]!, above);
  });
  const below = Math.max(0, ...placed.map((place) => place - plot));
  return placed.map((place, number) => Math.round(place - below - from[number]!));
}

export function chartOption(
  data: ChartData,
  colours: Record<string, string>,
  height = 256,
): Record<string, unknown> {
  const lying = data.kind === "rows";
  const many = data.series.length > 1;
  const offsets = endOffsets(data, height);
  const category = {
    type: "category",
    data: data.names,
    inverse: lying,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colours["rule"] } },
    axisLabel: { color: colours["ink-soft"], fontSize: 14, ...(lying ? { interval: 0 } : {}) },
  };
  const value = {
    type: "value",
    min: 0,
    minInterval: data.series.every((one) => one.values.every((n) => n === null || Number.isInteger(n))) ? 1 : 0,
    splitLine: { lineStyle: { color: colours["rule"] } },
    axisLabel: { color: colours["ink-soft"], fontSize: 14 },
  };
  return {
    color: [1, 2, 3, 4, 5].map((n) => colours[`chart-${n}`]),
    textStyle: { fontFamily: colours["font"], color: colours["ink"] },
    aria: { enabled: true },
    grid: { left: 8, right: many ? 88 : 24, top: 24, bottom: 8, containLabel: true },
    tooltip: {
      trigger: "axis",
      backgroundColor: colours["raised"],
      borderColor: colours["rule"],
      textStyle: { color: colours["ink"] },
    },
    xAxis: lying ? value : category,
    yAxis: lying ? category : value,
    series: data.series.map((one, number) => ({
      name: one.name,
      type: data.kind === "bar" || lying ? "bar" : "line",
      data: one.values,
      smooth: false,
      symbolSize: 6,
      barMaxWidth: 28,
      lineStyle: { width: 2.5 },
      itemStyle: { borderRadius: lying ? [0, 4, 4, 0] : [4, 4, 0, 0] },
      areaStyle: data.kind === "area" ? { opacity: 0.12 } : undefined,
      endLabel: {
        show: many && !lying,
        formatter: "{a}",
        color: colours["ink"],
        fontSize: 14,
        offset: [0, offsets[number]],
      },
      label: { show: lying, position: "right", color: colours["ink"], fontSize: 14 },
      labelLayout: { moveOverlap: "shiftY" },
    })),
  };
}
