/** Metrics in Prometheus's text format, version 0.0.4. */

/** A gauge or another metric, and its values by labels. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  /** A gauge if omitted. */
  readonly type?: "gauge" | "counter" | "histogram";
  readonly samples: readonly GaugeSample[];
}

/** A value. */
export interface GaugeSample {
  /** Of the name, which the parts of a histogram have. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Formats metrics; one without samples is left out. */
export function formatGauges(gauges: readonly Gauge[]): string {
  return gauges.filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type = "gauge", samples }) =>
      [
        `# HELP ${name} ${escape(help)}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(({ suffix = "", labels = {}, value }) =>
          `${name}${suffix}${formatLabels(labels)} ${value}`
        ),
        "",
      ].join("\n")
    ).join("");
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escape(value).replaceAll('"', '\\"')}"`
  );
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
