/** What flags of `container create` make: names, pods, and files of IDs. */

import { assert, assertEquals } from "@std/assert";
import { refuses } from "../../support/cli_says.ts";
import { type CliStore, cliStore } from "../../support/cli_store.ts";
import { tempDir } from "../../support/temp_dir.ts";

const CREATE = "container create";
const APP = "localhost/app:1";

async function namesOf({ orlop }: CliStore, id: string): Promise<string> {
  const line = `ps --no-trunc --filter id=${id} --format {{.Names}}`;
  return (await orlop(line)).out.join();
}

Deno.test("a container without a name gets one from its image", async (t) => {
  using store = await cliStore();
  const { orlop, imageId } = store;
  await orlop(`tag ${APP} q.io:5000/team/We_b.s-1:v1`.toLowerCase());
  await orlop(`tag ${APP} q.io/0123456789abcdef:1`);
  await orlop(`tag ${APP} q.io/0123456789a`);
  await orlop(`tag ${APP} q.io/x0123456789abcdef`);
  const cases: readonly (readonly [string, RegExp])[] = [
    [APP, /^app-[0-9a-f]{6}$/],
    ["q.io:5000/team/we_b.s-1:v1", /^we_b\.s-1-[0-9a-f]{6}$/],
    ["q.io/0123456789abcdef:1", /^container-[0-9a-f]{6}$/],
    ["q.io/0123456789a", /^0123456789a-[0-9a-f]{6}$/],
    ["q.io/x0123456789abcdef", /^x0123456789abcdef-[0-9a-f]{6}$/],
    [imageId, /^container-[0-9a-f]{6}$/],
    [imageId.slice(0, 12), /^container-[0-9a-f]{6}$/],
  ];
  for (const [image, pattern] of cases) {
    await t.step(image, async () => {
      const { code, out: [id = ""], err } = await orlop(
        `${CREATE} --pod web ${image}`,
      );
      assertEquals([code, err], [0, []]);
      const names = await namesOf(store, id);
      assert(pattern.test(names), names);
    });
  }
});

Deno.test("a container joins a pod, or gets one of its own", async (t) => {
  using store = await cliStore();
  const { orlop } = store;
  const pods = async () =>
    (await orlop("pod ls --format {{.Name}}:{{.NumberOfContainers}}")).out
      .toSorted();
  await t.step("that is there", async () => {
    await orlop(`${CREATE} --pod web --name a ${APP}`);
    assertEquals(await pods(), ["web:2"]);
  });
  await t.step("by its ID", async () => {
    await orlop(`${CREATE} --pod web-pod --name b ${APP}`);
    assertEquals(await pods(), ["web:3"]);
  });
  await t.step("that is new", async () => {
    const made = await orlop(`${CREATE} --pod new:own --name c ${APP}`);
    assertEquals([made.code, made.out.length], [0, 1]);
    assertEquals(await pods(), ["own:1", "web:3"]);
  });
  await t.step("none that is new by the name of another", async () => {
    const made = await orlop(`${CREATE} --pod new:web --name d ${APP}`);
    assertEquals(made.code, 4);
  });
  await t.step("none that is left of what cannot be made", async () => {
    const line = `${CREATE} --pod new:never --name c ${APP}`;
    assertEquals((await orlop(line)).code, 4);
    const twice = `${CREATE} --pod new:no --name e -v /s:/a -v /t:/a ${APP}`;
    assert((await orlop(twice)).code !== 0);
    assertEquals(await pods(), ["own:1", "web:3"]);
  });
});

Deno.test("create takes an ID, and writes it where it is wanted", async (t) => {
  using store = await cliStore();
  using dir = tempDir();
  const { orlop } = store;
  const id = "c".repeat(64);
  const file = dir.join("cid");
  await t.step("to a new file", async () => {
    const made = await orlop(
      `${CREATE} --pod web --name a --id ${id} --cidfile ${file} ${APP}`,
    );
    assertEquals(made, { code: 0, out: [id], err: [] });
    assertEquals(await Deno.readTextFile(file), id);
  });
  await t.step("to no file that is there", async () => {
    const made = await orlop(
      `${CREATE} --pod new:y --name b --cidfile ${file} ${APP}`,
    );
    assertEquals([made.code, made.out], [2, []]);
    assertEquals(await Deno.readTextFile(file), id);
    assertEquals((await orlop("pod exists y")).code, 1);
  });
  await t.step("and what else is noted of it", async () => {
    const { out: [other = ""] } = await orlop(
      `${CREATE} --pod web --name n --metadata-name m --attempt 3 ${APP} x y`,
    );
    const noted = await store.json<Record<string, unknown>>(
      `container metadata ${other}`,
    );
    assertEquals(
      ["name", "metadata-name", "attempt"].map((key) => noted[key]),
      ["n", "m", 3],
    );
    const [{ Path, Args } = {}] = await store.json<
      readonly Record<string, unknown>[]
    >("container inspect n");
    assertEquals([Path, Args], ["x", ["y"]]);
  });
});

Deno.test("create joins no networks", async (t) => {
  using store = await cliStore();
  const why = "only orlop run and pod create join networks";
  await refuses(t, store, [
    [
      `${CREATE} --pod web --network net1 ${APP}`,
      2,
      `Cannot use "--network=net1": ${why}`,
    ],
    [
      `${CREATE} --pod new:x --network net1 ${APP}`,
      2,
      `Cannot use "--network=net1": ${why}`,
    ],
    [
      `${CREATE} --pod web --env-file /nonexistent ${APP}`,
      2,
      'Cannot use "--env-file=/nonexistent": there is no such file',
    ],
    [`${CREATE} --pod nope ${APP}`, 3, 'Cannot find pod "nope"'],
    [
      `${CREATE} ${APP}`,
      2,
      "Cannot create a container without a pod: name one by --pod, or make " +
      "one by --pod new:NAME",
    ],
  ]);
});
