import { assertEquals } from "@std/assert";
import {
  imageColumns,
  imageFields,
  imageToJson,
  rowsOf,
  splitName,
} from "../../../src/cli/render/image_rows.ts";
import type { ImageSummary } from "../../../src/engine/images/list_images.ts";
import {
  parseImageId,
  parseLayerId,
} from "../../../src/formats/storage/store_ids.ts";

const DIGEST = `sha256:${"12".repeat(32)}`;
const BY_DIGEST = `q.io/a@${DIGEST}`;
const IMAGE: ImageSummary = {
  id: parseImageId("ab".repeat(32)),
  ...{ names: ["q.io/a:1", BY_DIGEST], digest: DIGEST },
  ...{ repoDigests: [BY_DIGEST], created: "2026-01-01T00:00:00.75Z" },
  ...{ size: 1_500_000, layers: [parseLayerId("cd".repeat(32))] },
  ...{ usedBy: ["web"], pinned: true, lastUsed: undefined },
};
const [isWhole, isShort] = [true, false];

Deno.test("rowsOf() has a row for each name, or one without", () => {
  const shown = (image: ImageSummary) =>
    rowsOf(image).map(({ repository, tag }) => `${repository} ${tag}`);
  assertEquals(shown(IMAGE), ["q.io/a 1", "q.io/a <none>"]);
  assertEquals(shown({ ...IMAGE, names: [] }), ["<none> <none>"]);
});

Deno.test("splitName() tells repository and tag", async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["q.io/a:1", "q.io/a", "1"],
    ["q.io:5000/a/b:1", "q.io:5000/a/b", "1"],
    ["q.io/a", "q.io/a", "latest"],
    [BY_DIGEST, "q.io/a", "<none>"],
    ["q.io/A:1", "q.io/A:1", "<none>"],
    ["", "", "<none>"],
  ];
  for (const [name, repository, tag] of cases) {
    await t.step(
      name,
      () => assertEquals(splitName(name), { repository, tag }),
    );
  }
});

Deno.test("imageColumns() shows what podman does", () => {
  const [row] = rowsOf(IMAGE);
  const show = (columns: ReturnType<typeof imageColumns>) =>
    columns.filter(({ field }) => field !== "Created")
      .map(({ header, field, text }) =>
        `${header} ${field}: ${row && text(row)}`
      );
  assertEquals(show(imageColumns(isShort)), [
    "REPOSITORY Repository: q.io/a",
    "TAG Tag: 1",
    `DIGEST Digest: ${DIGEST}`,
    "IMAGE ID ID: abababababab",
    "SIZE Size: 1.5 MB",
  ]);
  assertEquals(show(imageColumns(isWhole))[3], `IMAGE ID ID: ${IMAGE.id}`);
  const [bare] = rowsOf({ ...IMAGE, digest: "" });
  assertEquals(bare && imageColumns(isShort)[2]?.text(bare), "<none>");
  const elastic = imageColumns(isShort).filter(({ isElastic }) => isElastic);
  assertEquals(elastic.map(({ field }) => field), [
    ...["Repository", "Tag", "Digest"],
  ]);
});

Deno.test("imageFields() has what templates may ask for", async (t) => {
  const fields = imageFields(() => ({ a: "1" }));
  const cases: Readonly<Record<string, unknown>> = {
    ...{ Id: IMAGE.id, Names: IMAGE.names, RepoTags: ["q.io/a:1"] },
    ...{ RepoDigests: [BY_DIGEST], History: `q.io/a:1, ${BY_DIGEST}` },
    ...{ Containers: 1, UsedBy: ["web"], Dangling: false, ReadOnly: false },
    ...{ VirtualSize: 1_500_000, Layers: IMAGE.layers, Pinned: true },
    LastUsed: null,
  };
  const [row] = rowsOf(IMAGE);
  for (const [name, value] of Object.entries(cases)) {
    await t.step(name, () => {
      assertEquals(row && fields[name]?.(row), value);
    });
  }
  await t.step("times and labels", () => {
    const used = { ...IMAGE, lastUsed: "2026-01-02T00:00:00Z", names: [] };
    const [row] = rowsOf(used);
    const show = (name: string) => String(row && fields[name]?.(row));
    assertEquals(show("CreatedAt"), "2026-01-01 00:00:00 +0000 UTC");
    assertEquals(show("CreatedTime"), "2026-01-01 00:00:00 +0000 UTC");
    assertEquals(show("LastUsed"), "2026-01-02 00:00:00 +0000 UTC");
    assertEquals(show("Dangling"), "true");
    const labels = row && fields["Labels"]?.(row);
    assertEquals(JSON.stringify(labels), '{"a":"1"}');
  });
});

Deno.test("imageToJson() keeps its members", () => {
  assertEquals(imageToJson(IMAGE), {
    ...{ Id: IMAGE.id, Names: IMAGE.names, Digest: DIGEST },
    ...{ RepoTags: ["q.io/a:1"], RepoDigests: [BY_DIGEST] },
    ...{ Created: 1767225600, CreatedAt: IMAGE.created, Size: 1_500_000 },
    ...{ Layers: IMAGE.layers, Containers: 1, UsedBy: ["web"] },
    ...{ Pinned: true, LastUsed: null },
  });
  const used = { ...IMAGE, lastUsed: "2026-01-02T00:00:00Z" };
  assertEquals(imageToJson(used)["LastUsed"], "2026-01-02T00:00:00Z");
});
