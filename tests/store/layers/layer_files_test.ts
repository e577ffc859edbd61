import { assertEquals } from "@std/assert";
import { toText } from "../../../src/formats/bytes.ts";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import {
  findLayerFaults,
  readShortName,
} from "../../../src/store/layers/layer_files.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("makeLink() says in orlop's own words what it lacks", async () => {
  using dir = tempDir();
  const module = import.meta.resolve(
    "../../../src/store/layers/layer_files.ts",
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read"],
      ...["--config", "deno.json", `--allow-write=${dir.path}`, "-"],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`
    import { makeLink } from "${module}";
    try {
      makeLink({ libc: undefined }, "../a/diff", "${dir.join("link")}");
    } catch (error) {
      console.log(error.message);
    }
  `));
  await writer.close();
  const { stdout } = await child.output();
  assertEquals(
    toText(new Uint8Array(stdout)).trim(),
    `Cannot make link "${dir.join("link")}": that takes libc (the ffi ` +
      "permission), or else reading and writing everywhere",
  );
});

Deno.test("readShortName() takes no name that leads elsewhere", async (t) => {
  const name = "ABCDEFGHIJKLMNOPQRSTUVWX27";
  const cases: readonly (readonly [string, string | undefined])[] = [
    [name, name],
    [`${name}\n`, name],
    [`${name}\n\n`, undefined],
    [`${name}/..`, undefined],
    [`${name}\n/..`, undefined],
    [`../${name}`, undefined],
    [` ${name}`, undefined],
    [`${name}A`, undefined],
    [name.slice(1), undefined],
    [name.toLowerCase(), undefined],
    [name.replace("7", "1"), undefined],
    ["", undefined],
  ];
  using dir = tempDir();
  assertEquals(readShortName(dir.path), undefined);
  for (const [text, expected] of cases) {
    await t.step(JSON.stringify(text), () => {
      Deno.writeTextFileSync(dir.join("link"), text);
      assertEquals(readShortName(dir.path), expected);
    });
  }
  await t.step("a directory", () => {
    Deno.removeSync(dir.join("link"));
    Deno.mkdirSync(dir.join("link"));
    assertEquals(readShortName(dir.path), undefined);
  });
});

const [BASE, MIDDLE, TOP] = ["a", "b", "c"].map((digit) =>
  parseLayerId(digit.repeat(64))
);

/** What is wrong with one of three layers, whose file is damaged like this. */
async function faultsOf(
  id: string | undefined,
  damage: (directory: string) => void,
): Promise<readonly string[]> {
  using test = storeAgent();
  const { store } = test.agent;
  using held = await store.lock({ layers: "write" });
  const { layers } = held;
  let parent = BASE;
  for (const next of [BASE, MIDDLE, TOP]) {
    if (next === undefined) continue;
    await createLayer(store, layers, {
      ...{ id: next, ...next !== BASE && { parent } },
    });
    parent = next;
  }
  const layer = layers.records.find((record) => record.id === id);
  if (layer === undefined) throw new Error("no such layer");
  const directory = layerDirectory(store.paths, layer.id);
  damage(directory);
  return (await findLayerFaults(store.paths, layers, layer))
    .map(({ kind, path, found }) =>
      `${kind} ${path.replace(directory, "")}: ${found}`
    );
}

Deno.test("findLayerFaults() reports what is wrong with a layer's files", async (t) => {
  const write = (name: string, text: string) => (directory: string) =>
    Deno.writeTextFileSync(`${directory}/${name}`, text);
  const remove = (name: string) => (directory: string) =>
    Deno.removeSync(`${directory}/${name}`, { recursive: true });
  const replace = (name: string) => (directory: string) => {
    remove(name)(directory);
    Deno.mkdirSync(`${directory}/${name}`);
  };
  const name = "A".repeat(26);
  const other = "it names other layers than those below";
  const stray = "its layer is to have none, as nothing is below it";
  const cases: readonly (readonly [
    string,
    string | undefined,
    (directory: string) => void,
    readonly string[],
  ])[] = [
    ["nothing, at the base", BASE, () => {}, []],
    ["nothing, above", TOP, () => {}, []],
    ["no directory", TOP, remove(""), ["tree : it is missing"]],
    ["a file for it", TOP, (directory) => {
      remove("")(directory);
      Deno.writeTextFileSync(directory, "");
    }, ["tree : it is no directory"]],
    ["no files", TOP, remove("diff"), ["tree /diff: it is missing"]],
    ["a file for them", TOP, (directory) => {
      remove("diff")(directory);
      write("diff", "")(directory);
    }, ["tree /diff: it is no directory"]],
    ["no name", TOP, remove("link"), ["names /link: it is missing"]],
    ["an empty one", TOP, write("link", ""), ["names /link: it is empty"]],
    ["a directory for it", TOP, replace("link"), [
      "names /link: it is no file",
    ]],
    ["a wrong name", TOP, write("link", "a".repeat(26)), [
      "names /link: it holds no short name",
    ]],
    ["a short one", TOP, write("link", "A".repeat(25)), [
      "names /link: it holds no short name",
    ]],
    ["an older tool's", TOP, write("link", `${name}\n`), []],
    ["no list of names", TOP, remove("lower"), ["names /lower: it is missing"]],
    ["an empty list", TOP, write("lower", ""), ["names /lower: it is empty"]],
    ["a directory for it", TOP, replace("lower"), [
      "names /lower: it is no file",
    ]],
    ["no names in it", TOP, write("lower", "l/a"), [
      "names /lower: it names no layers",
    ]],
    ["one too many", TOP, write("lower", `l/${name}:l/${name}:l/${name}`), [
      `names /lower: ${other}`,
    ]],
    ["one at the base", BASE, write("lower", `l/${name}`), [
      `names /lower: ${stray}`,
    ]],
    ["no list of IDs", TOP, remove("lower-layers"), []],
    ["an empty list of IDs", TOP, write("lower-layers", ""), [
      "names /lower-layers: it is empty",
    ]],
    ["a directory for IDs", TOP, replace("lower-layers"), [
      "names /lower-layers: it is no file",
    ]],
    ["other IDs", TOP, write("lower-layers", `${BASE}:${MIDDLE}`), [
      `names /lower-layers: ${other}`,
    ]],
    ["more IDs", TOP, write("lower-layers", `${MIDDLE}:${BASE}:${TOP}`), [
      `names /lower-layers: ${other}`,
    ]],
    ["IDs at the base", BASE, write("lower-layers", `${TOP}`), [
      `names /lower-layers: ${stray}`,
    ]],
    ["several", TOP, (directory) => {
      for (const name of ["link", "diff", "lower"]) remove(name)(directory);
    }, [
      "tree /diff: it is missing",
      "names /link: it is missing",
      "names /lower: it is missing",
    ]],
  ];
  for (const [what, id, damage, expected] of cases) {
    await t.step(what, async () => {
      assertEquals(await faultsOf(id, damage), expected);
    });
  }
});
