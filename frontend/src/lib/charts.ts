/** Turns a chart described as data into ECharts' options: zero-based, named directly, few lines. */

export interface ChartData {
  kind: "bar" | "line" | "area" | "rows";
  names: string[];
  series: { name: string; values: (number | null)[] }[];
  /** Where a click on the n-th name leads: no number without its list. */
  urls?: string[];
  unit?: string;
}

export function chartOption(data: ChartData, colours: Record<string, string>): Record<string, unknown> {
  const lying = data.kind === "rows";
  const many = data.series.length > 1;
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
    series: data.series.map((one) => ({
      name: one.name,
      type: data.kind === "bar" || lying ? "bar" : "line",
      data: one.values,
      smooth: false,
      symbolSize: 6,
      barMaxWidth: 28,
      lineStyle: { width: 2.5 },
      itemStyle: { borderRadius: lying ? [0, 4, 4, 0] : [4, 4, 0, 0] },
      areaStyle: data.kind === "area" ? { opacity: 0.12 } : undefined,
      endLabel: { show: many && !lying, formatter: "{a}", color: colours["ink"], fontSize: 14 },
      label: { show: lying, position: "right", color: colours["ink"], fontSize: 14 },
      labelLayout: { moveOverlap: "shiftY" },
    })),
  };
}
