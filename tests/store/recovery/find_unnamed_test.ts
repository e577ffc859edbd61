import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import {
  parseContainerRecords,
  parseImageRecords,
  parseLayerRecords,
  type StoreRecord,
} from "../../../src/formats/storage/store_record.ts";
import { layOut, type StorePaths } from "../../../src/store/paths.ts";
import type {
  Origin,
  TableView,
} from "../../../src/store/records/record_files.ts";
import {
  findOwnerlessLayers,
  findUnnamed,
  holdsOwnFiles,
  listIds,
} from "../../../src/store/recovery/find_unnamed.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const [A, B] = ["a".repeat(64), "b".repeat(64)] as const;
const STABLE = new Set(["layers", "images", "containers"] as const);

function view<R extends StoreRecord>(
  records: readonly R[],
  origin: Origin,
): TableView<R> {
  const byId = new Map(records.map((record) => [record.id, record]));
  return { records, origin, lookUp: (text) => byId.get(text) };
}

interface Records {
  readonly layers?: readonly object[];
  readonly images?: readonly object[];
  readonly containers?: readonly object[];
}

function views(
  origin: Origin,
  { layers = [], images = [], containers = [] }: Records = {},
) {
  return {
    layers: view(parseLayerRecords(JSON.stringify(layers)), origin),
    images: view(parseImageRecords(JSON.stringify(images)), origin),
    containers: view(parseContainerRecords(JSON.stringify(containers)), origin),
  };
}

function pathsIn(dir: TempDir): StorePaths {
  return layOut({ root: dir.join("root"), runRoot: dir.join("run") });
}

/** An object of each kind, which no record names. */
function makeObjects(paths: StorePaths): void {
  for (const directory of [paths.home, paths.images, paths.containers]) {
    mkdirSync(join(directory, A), { recursive: true });
    writeFileSync(join(directory, A, "link"), "");
  }
}

function kindsOf(found: readonly { readonly unnamed?: string }[]): string[] {
  return found.map(({ unnamed = "" }) =>
    unnamed.replace(/^.*\/overlay(?:-(\w+))?\/.*$/, "$1") || "layers"
  );
}

Deno.test("findUnnamed() looks where a table is not as it was left", async (t) => {
  const ownerless = { id: B, names: ["c-layer"] };
  const cases: readonly (readonly [string, Origin, Records, string[]])[] = [
    ["own", "own", {}, []],
    ["changed", "changed", {}, ["layers", "images", "containers"]],
    ["changed, with records", "changed", {
      ...{ layers: [{ id: B }], images: [{ id: B }] },
      containers: [{ id: B }],
    }, ["layers", "images", "containers"]],
    ["another tool's", "other", {}, ["layers", "images", "containers"]],
    // A transient store has others elsewhere.
    ["another tool's, with layers", "other", { layers: [{ id: B }] }, [
      ...["images", "containers"],
    ]],
    ["none", "none", {}, ["layers"]],
    ["none, but a container's layer", "none", { layers: [ownerless] }, [
      ...["layers", "containers"],
    ]],
  ];
  for (const [name, origin, records, expected] of cases) {
    await t.step(name, () => {
      using dir = tempDir();
      const paths = pathsIn(dir);
      makeObjects(paths);
      const tables = views(origin, records);
      const found = findUnnamed(paths, tables, { stable: STABLE });
      assertEquals(kindsOf(found), expected);
      for (const kind of STABLE) {
        const one = findUnnamed(paths, tables, { stable: new Set([kind]) });
        assertEquals(kindsOf(one), expected.filter((other) => other === kind));
      }
    });
  }
});

Deno.test("findUnnamed() reports what a table does not name", () => {
  using dir = tempDir();
  const paths = pathsIn(dir);
  makeObjects(paths);
  const found = findUnnamed(paths, views("changed"), { stable: STABLE });
  assertEquals(found, [
    {
      path: join(paths.layers, "layers.json"),
      found: `it does not name layer "${A}"`,
      unnamed: join(paths.home, A),
    },
    {
      path: join(paths.images, "images.json"),
      found: `it does not name image "${A}"`,
      unnamed: join(paths.images, A),
    },
    {
      path: join(paths.containers, "containers.json"),
      found: `it does not name container "${A}"`,
      unnamed: join(paths.containers, A),
    },
  ]);
  const named = { layers: [{ id: A }], images: [{ id: A }] };
  const known = views("changed", { ...named, containers: [{ id: A }] });
  assertEquals(findUnnamed(paths, known, { stable: STABLE }), []);
});

Deno.test("findUnnamed() requires signs of an object, and an ID", async (t) => {
  const make = (path: string) => mkdirSync(path, { recursive: true });
  const write = (path: string) => writeFileSync(path, "");
  type Put = (directory: string) => void;
  const cases: readonly (readonly [
    string,
    "home" | "images" | "containers",
    Put,
    number,
  ])[] = [
    ["a layer with a link", "home", (at) => write(`${at}/link`), 1],
    ["a layer with what is below", "home", (at) => write(`${at}/lower`), 1],
    ["a layer with both", "home", (at) => {
      write(`${at}/link`);
      write(`${at}/lower`);
    }, 1],
    ["a layer with files alone", "home", (at) => make(`${at}/diff`), 0],
    ["another link", "home", (at) => write(`${at}/links`), 0],
    ["an image with an item", "images", (at) => write(`${at}/manifest`), 1],
    ["an image without", "images", () => {}, 0],
    ["an image that had no record", "images", (at) => {
      write(`${at}/manifest`);
      chmodSync(at, 0o1700);
    }, 0],
    ["a container's files", "containers", (at) => {
      make(`${at}/userdata`);
      write(`${at}/userdata/x`);
    }, 1],
    ["a container's own", "containers", (at) => write(`${at}/x`), 1],
    [
      "an empty folder of it",
      "containers",
      (at) => make(`${at}/userdata`),
      0,
    ],
  ];
  for (const [name, kind, put, count] of cases) {
    for (const id of [A, A.slice(1), `${A}0`, A.toUpperCase(), "l"]) {
      await t.step(`${name}, ${id.length} ${id[0]}`, () => {
        using dir = tempDir();
        const paths = pathsIn(dir);
        const directory = join(paths[kind], id);
        make(directory);
        put(directory);
        const found = findUnnamed(paths, views("changed"), { stable: STABLE });
        assertEquals(found.length, id === A ? count : 0);
        assertEquals(listIds(paths[kind]), id === A ? [A] : []);
      });
    }
  }
});

Deno.test("findOwnerlessLayers() finds what a container wrote", async (t) => {
  const mine = { id: A, names: ["x", "c-layer"] };
  const digest = `sha256:${A}`;
  const cases:
    readonly (readonly [string, object, Origin, object[], number])[] = [
      ["of no container", mine, "changed", [], 1],
      ["where nobody changed the table", mine, "own", [], 0],
      ["of a container", mine, "changed", [{ id: B, layer: A }], 0],
      ["of another one", mine, "other", [{ id: B, layer: B }], 1],
      ["of an image", { ...mine, "diff-digest": digest }, "changed", [], 0],
      ["of another name", { id: A, names: ["c-layers"] }, "changed", [], 0],
      ["of no name", { id: A }, "changed", [], 0],
      [
        "that is not whole",
        { ...mine, flags: { incomplete: true } },
        "none",
        [],
        0,
      ],
    ];
  for (const [name, layer, origin, containers, count] of cases) {
    await t.step(name, () => {
      using dir = tempDir();
      const paths = pathsIn(dir);
      const diff = join(paths.home, A, "diff");
      mkdirSync(diff, { recursive: true });
      const tables = views(origin, { layers: [layer], containers });
      assertEquals(findOwnerlessLayers(paths, tables), []);
      writeFileSync(join(diff, "mine"), "");
      const found = findOwnerlessLayers(paths, tables);
      assertEquals(
        found,
        Array(count).fill({
          path: join(paths.containers, "containers.json"),
          found: 'it does not name the container of layer "x"',
          unnamed: join(paths.home, A),
        }),
      );
      const [record] = tables.layers.records;
      const isFound = record !== undefined && holdsOwnFiles(paths, record);
      assertEquals(isFound, !/image|whole/.test(name));
    });
  }
});
