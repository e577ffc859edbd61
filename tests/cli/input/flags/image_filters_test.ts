import { assertEquals } from "@std/assert";
import { readImageFilters } from "../../../../src/cli/input/flags/image_filters.ts";
import type { ImageRow } from "../../../../src/cli/render/image_rows.ts";

type Image = ImageRow["image"];

const ID = "0123456789abcdef".repeat(4);
const CREATED = "2026-01-02T00:00:00Z";

/** A row, of which filters look at these members only. */
function row(
  more: Partial<Pick<Image, "names" | "pinned" | "usedBy">> = {},
  name: Partial<Pick<ImageRow, "repository" | "tag">> = {},
): ImageRow {
  const image = {
    id: ID,
    digest: `sha256:${"f".repeat(64)}`,
    created: CREATED,
    ...{ names: ["q.io/org/app:1"], usedBy: [], pinned: false },
    ...more,
  };
  const place = { repository: "q.io/org/app", tag: "1", ...name };
  // What is shown besides is no filter's concern.
  return { ...place, image } as unknown as ImageRow;
}

/** Times of images that `before` and `since` may name. */
const TIMES: Readonly<Record<string, string>> = {
  older: "2026-01-01T00:00:00Z",
  same: CREATED,
  newer: "2026-01-03T00:00:00Z",
};

Deno.test("readImageFilters() keeps the rows that fit", async (t) => {
  const used = row({ usedBy: ["web"] } as Partial<Image>);
  const dangling = row({ names: [] });
  const pinned = row({ pinned: true });
  const cases: readonly (readonly [string, ImageRow, "keep" | "drop"])[] = [
    ["dangling=true", dangling, "keep"],
    ["dangling=true", row(), "drop"],
    ["dangling=false", row(), "keep"],
    ["dangling=false", dangling, "drop"],
    ["reference=app", row(), "keep"],
    ["reference=org/app", row(), "keep"],
    ["reference=org/app:1", row(), "keep"],
    ["reference=q.io/org/app:1", row(), "keep"],
    ["reference=pp", row(), "drop"],
    ["reference=rg/app", row(), "drop"],
    ["reference=app:2", row(), "drop"],
    ["reference=org", row(), "drop"],
    ["reference=a*", row(), "keep"],
    [`reference=${ID.slice(0, 12)}`, row(), "keep"],
    [`reference=${ID.slice(0, 11)}`, row(), "drop"],
    [`reference=${ID.slice(1, 14)}`, row(), "drop"],
    [`id=${ID.slice(0, 3)}`, row(), "keep"],
    [`id=sha256:${ID}`, row(), "keep"],
    ["id=9", row(), "drop"],
    ["digest=sha256:ff", row(), "keep"],
    ["digest=sha256:0", row(), "drop"],
    ["label=a=b", row(), "keep"],
    ["label=a=c", row(), "drop"],
    ["label=a", row(), "keep"],
    ["before=newer", row(), "keep"],
    ["before=same", row(), "drop"],
    ["before=older", row(), "drop"],
    ["since=older", row(), "keep"],
    ["since=same", row(), "drop"],
    ["since=newer", row(), "drop"],
    ["after=older", row(), "keep"],
    ["after=newer", row(), "drop"],
    ["containers=true", used, "keep"],
    ["containers=true", row(), "drop"],
    ["used=false", used, "drop"],
    ["used=false", row(), "keep"],
    ["pinned=true", pinned, "keep"],
    ["pinned=true", row(), "drop"],
    ["pinned=false", pinned, "drop"],
    ["readonly=true", row(), "drop"],
    ["readonly=false", row(), "keep"],
  ];
  for (const [filter, one, expected] of cases) {
    await t.step(`${filter}: ${expected}`, async () => {
      const asked: string[] = [];
      const fits = await readImageFilters([filter], {
        readLabels: () => ({ a: "b" }),
        findTime: (name) => {
          asked.push(name);
          return Promise.resolve(Date.parse(TIMES[name] ?? ""));
        },
      });
      assertEquals(fits(one) ? "keep" : "drop", expected);
      const name = /^(?:before|since|after)=(.*)/.exec(filter)?.[1];
      assertEquals(asked, name === undefined ? [] : [name]);
    });
  }
});
