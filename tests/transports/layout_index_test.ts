import { assertEquals } from "@std/assert";
import type { Descriptor } from "../../src/formats/oci/descriptor.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { legacyLayersOf } from "../../src/transports/archives/legacy_layers.ts";
import {
  addEntry,
  describeEntry,
  encodeIndex,
  LAYOUT_VERSION,
} from "../../src/transports/layout_index.ts";
import { toBytes } from "../../src/formats/bytes.ts";

const NAME = "org.opencontainers.image.ref.name";

/** An entry of an image, with a name or none. */
function entry(
  image: string,
  name?: string,
  more: Record<string, string> = {},
): Descriptor {
  const annotations = { ...name !== undefined && { [NAME]: name }, ...more };
  const isBare = Object.keys(annotations).length === 0;
  const own = { mediaType: "m", digest: digestOf(image), size: 1 };
  return isBare ? own : { ...own, annotations };
}

Deno.test("describeEntry() tells type, digest, size, and the name if there is one", () => {
  const bytes = toBytes("abc");
  const raw = { mediaType: "m", digest: digestOf(bytes), bytes };
  const own = { mediaType: "m", digest: raw.digest, size: 3 };
  assertEquals(describeEntry(raw, undefined), own);
  assertEquals(describeEntry(raw, ""), { ...own, annotations: { [NAME]: "" } });
  assertEquals(describeEntry(raw, "1"), {
    ...{ ...own, annotations: { [NAME]: "1" } },
  });
});

Deno.test("addEntry() gives a name to one image, and lists each once", async (t) => {
  const cases: readonly (readonly [
    string,
    readonly Descriptor[],
    Descriptor,
    readonly Descriptor[],
  ])[] = [
    ["to nothing", [], entry("a"), [entry("a")]],
    ["another image", [entry("a")], entry("b"), [entry("a"), entry("b")]],
    ["the same, without a name", [entry("a")], entry("a"), [entry("a")]],
    ["a name for it", [entry("a")], entry("a", "1"), [entry("a", "1")]],
    [
      "one more name",
      [entry("a", "1")],
      entry("a", "2"),
      [entry("a", "1"), entry("a", "2")],
    ],
    [
      "none, where it has one",
      [entry("a", "1")],
      entry("a"),
      [entry("a", "1"), entry("a")],
    ],
    [
      "a name that another one has",
      [entry("a", "1"), entry("c", "2")],
      entry("b", "1"),
      [entry("a"), entry("c", "2"), entry("b", "1")],
    ],
    [
      "of which the rest stays",
      [entry("a", "1", { x: "y" })],
      entry("b", "1"),
      [entry("a", undefined, { x: "y" }), entry("b", "1")],
    ],
    [
      "the same image again by the same name",
      [entry("a", "1")],
      entry("a", "1"),
      [entry("a", "1")],
    ],
  ];
  for (const [name, before, added, after] of cases) {
    await t.step(name, () => assertEquals(addEntry(before, added), after));
  }
});

Deno.test("a layout's own files are as image-layout.md has them", () => {
  assertEquals(LAYOUT_VERSION, '{"imageLayoutVersion":"1.0.0"}');
  assertEquals(
    encodeIndex([entry("a")]),
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",' +
      `"manifests":[{"mediaType":"m","digest":"${digestOf("a")}","size":1}]}`,
  );
});

Deno.test("legacyLayersOf() makes the same IDs for the same layers", () => {
  const diffIds = [digestOf("a"), digestOf("b")];
  const config = toBytes(JSON.stringify({
    ...{ architecture: "amd64", os: "linux", config: { Cmd: ["x"] } },
    ...{ created: "2026-01-01T00:00:00Z", history: [], rootfs: {} },
  }));
  const [base, top] = legacyLayersOf(diffIds, config);
  const baseText = `{"layer_id":"${diffIds[0]}"}`;
  const baseId = digestOf(baseText).slice("sha256:".length);
  assertEquals(base, {
    ...{ id: baseId, diffId: diffIds[0], json: `{"id":"${baseId}"}` },
  });
  const chainId = digestOf(`${diffIds[0]} ${diffIds[1]}`);
  const early = '{"architecture":"amd64","config":{"Cmd":["x"]},' +
    '"container":null,"container_config":null,' +
    '"created":"2026-01-01T00:00:00Z","docker_version":null,';
  const late = `,"os":"linux","parent":"${baseId}"}`;
  const topId = digestOf(`${early}"layer_id":"${chainId}"${late}`)
    .slice("sha256:".length);
  assertEquals(top, {
    ...{
      id: topId,
      diffId: diffIds[1],
      json: `${early}"id":"${topId}"${late}`,
    },
  });
  assertEquals(legacyLayersOf([], config), []);
});
