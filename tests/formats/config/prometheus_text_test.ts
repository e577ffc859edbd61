import { assertEquals } from "@std/assert";
import { formatGauges } from "../../../src/formats/config/prometheus_text.ts";

Deno.test("formatGauges() writes what Prometheus reads", () => {
  const text = formatGauges([
    { name: "a_bytes", help: "One \\ two\nthree.", samples: [{ value: 1.5 }] },
    { name: "none", help: "Nothing.", samples: [] },
    {
      name: "b",
      help: "By kind.",
      samples: [
        { labels: { kind: "x" }, value: 0 },
        { labels: { kind: 'y"\\\n', of: "z" }, value: 2 },
      ],
    },
  ]);
  assertEquals(
    text,
    "# HELP a_bytes One \\\\ two\\nthree.\n# TYPE a_bytes gauge\na_bytes 1.5\n" +
      '# HELP b By kind.\n# TYPE b gauge\nb{kind="x"} 0\n' +
      'b{kind="y\\"\\\\\\n",of="z"} 2\n',
  );
});

Deno.test("formatGauges() writes histograms and counters", () => {
  const text = formatGauges([
    { name: "n", help: "h", type: "counter", samples: [{ value: 3 }] },
    {
      ...{ name: "t", help: "h", type: "histogram" },
      samples: [
        { suffix: "_bucket", labels: { le: "+Inf" }, value: 2 },
        { suffix: "_sum", value: 0.5 },
        { suffix: "_count", labels: {}, value: 2 },
      ],
    },
  ]);
  assertEquals(
    text,
    "# HELP n h\n# TYPE n counter\nn 3\n# HELP t h\n# TYPE t histogram\n" +
      't_bucket{le="+Inf"} 2\nt_sum 0.5\nt_count 2\n',
  );
  assertEquals(formatGauges([]), "");
});
