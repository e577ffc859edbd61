import { assertEquals } from "@std/assert";
import { usageTables } from "../../../src/cli/render/usage_tables.ts";
import type {
  ContainerUsage,
  ImageUsage,
  StoreUsage,
} from "../../../src/engine/cleanup/disk_usage.ts";

const ID = "0123456789abcdef".repeat(4);
const NONE = { count: 0, bytes: 0 };
const OLD = "2020-01-01T00:00:00Z";
const IMAGE = {
  ...{ id: ID, names: ["quay.io/a/b:1", "other:2"], created: OLD },
  ...{ lastUsed: OLD, shared: 1000, unique: 2000, containers: 3 },
  ...{ pinned: false, reclaimable: false },
} as unknown as ImageUsage;
const CONTAINER = {
  ...{ id: ID, imageId: ID, name: "web", size: 5000, lastUsed: OLD },
  state: "active",
} as unknown as ContainerUsage;

/** The rows of the tables, as cells. */
function rowsOf(
  usage: Partial<StoreUsage>,
  isWhole: boolean,
): readonly (readonly (readonly string[])[])[] {
  const reclaimable = {
    ...{ leftover: NONE, layer: NONE, container: { count: 2, bytes: 3000 } },
    ...{ "dangling image": NONE, "unused image": NONE },
  };
  const tables = usageTables(
    { images: [], containers: [], reclaimable, ...usage } as StoreUsage,
    { isWhole, width: undefined },
  );
  assertEquals(tables.map(({ title }) => title), [
    "Images space usage:",
    "Containers space usage:",
    "What orlop gc could free:",
  ]);
  return tables.map(({ text }) =>
    text.split("\n").map((line) => line.trimEnd().split(/ {2,}/))
  );
}

const [SHORT, WHOLE] = [false, true];

Deno.test("usageTables() shows images, and what a cleanup goes by", async (t) => {
  const age = rowsOf({ images: [IMAGE] }, SHORT)[0]?.[1]?.[3] ?? "";
  const row = (name: readonly string[], id: string, ...more: string[]) => [
    ...[...name, id, age, age, "3 kB", "1 kB", "2 kB", "3", ...more],
  ];
  const name = ["quay.io/a/b", "1"];
  const short = ID.slice(0, 12);
  const cases: readonly (readonly [
    string,
    Partial<ImageUsage>,
    boolean,
    readonly string[],
  ])[] = [
    ["one in use", {}, SHORT, row(name, short)],
    ["in full", {}, WHOLE, row(name, ID)],
    ["without a name", { names: [] }, SHORT, row(["<none>", "<none>"], short)],
    ["pinned", { pinned: true }, SHORT, row(name, short, "pinned")],
    ["unused", { reclaimable: true }, SHORT, row(name, short, "reclaimable")],
    [
      "unused and pinned",
      { reclaimable: true, pinned: true },
      SHORT,
      row(name, short, "pinned"),
    ],
  ];
  for (const [title, more, isWhole, expected] of cases) {
    await t.step(title, () => {
      const [images] = rowsOf({ images: [{ ...IMAGE, ...more }] }, isWhole);
      assertEquals(images?.[0], [
        ...["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "LAST USED", "SIZE"],
        ...["SHARED SIZE", "UNIQUE SIZE", "CONTAINERS", "GC"],
      ]);
      assertEquals(images?.[1], expected);
    });
  }
});

Deno.test("usageTables() shows containers, and who has them", async (t) => {
  const age = rowsOf({ containers: [CONTAINER] }, SHORT)[1]?.[1]?.[3] ?? "";
  const cases = [
    ["active", SHORT, "In use"],
    ["stopped", SHORT, "Stopped"],
    ["vanished", WHOLE, "Vanished"],
    ["foreign", SHORT, "Other tool's"],
  ] as const;
  for (const [state, isWhole, word] of cases) {
    await t.step(state, () => {
      const containers = [{ ...CONTAINER, state }];
      const [, rows] = rowsOf({ containers }, isWhole);
      const id = isWhole ? ID : ID.slice(0, 12);
      assertEquals(rows, [
        ["CONTAINER ID", "IMAGE", "SIZE", "LAST USED", "STATUS", "NAMES"],
        [id, id, "5 kB", age, word, "web"],
      ]);
    });
  }
});

Deno.test("usageTables() shows what could be freed, by kind", () => {
  const [, , kinds] = rowsOf({}, SHORT);
  assertEquals(kinds?.[0], ["KIND", "COUNT", "SIZE"]);
  assertEquals(
    kinds?.slice(1).toSorted(),
    [
      ["container", "2", "3 kB"],
      ["dangling image", "0", "0 B"],
      ["layer", "0", "0 B"],
      ["leftover", "0", "0 B"],
      ["unused image", "0", "0 B"],
    ],
  );
});
