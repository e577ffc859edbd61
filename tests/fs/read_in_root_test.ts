import { assertEquals, assertRejects } from "@std/assert";
import { readInRoot } from "../../src/fs/read_in_root.ts";
import { runCommand } from "../../src/process/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A root with `etc/passwd`, beside a file that must stay out of reach. */
async function makeRoot(parent: string): Promise<string> {
  const root = `${parent}/root`;
  await Deno.mkdir(`${root}/etc`, { recursive: true });
  await Deno.mkdir(`${root}/usr/etc`, { recursive: true });
  await Deno.writeTextFile(`${root}/etc/passwd`, "inside");
  await Deno.writeTextFile(`${root}/usr/etc/group`, "group");
  await Deno.writeTextFile(`${parent}/secret`, "outside");
  return root;
}

Deno.test("readInRoot() reads through links, inside of the root", async (t) => {
  using dir = tempDir();
  const root = await makeRoot(dir.path);
  const links = {
    "a plain file": ["etc/passwd", undefined],
    "a relative link": ["etc/relative", "passwd"],
    "an absolute link": ["etc/absolute", "/etc/passwd"],
    "a link that climbs": ["etc/climbing", "../../../../etc/passwd"],
    "a link to a link": ["etc/second", "/etc/absolute"],
  } as const;
  for (const [name, [path, target]] of Object.entries(links)) {
    await t.step(name, async () => {
      if (target) await Deno.symlink(target, `${root}/${path}`);
      assertEquals(await readInRoot(root, path), "inside");
      assertEquals(await readInRoot(root, `/${path}`), "inside");
    });
  }
  await t.step("a directory that is a link", async () => {
    await Deno.symlink("/usr/etc", `${root}/linked`);
    assertEquals(await readInRoot(root, "linked/group"), "group");
    assertEquals(await readInRoot(root, "linked/../../etc/passwd"), "inside");
  });
});

Deno.test("readInRoot() never leaves the root", async (t) => {
  using dir = tempDir();
  const root = await makeRoot(dir.path);
  const targets = [`${dir.path}/secret`, "../../secret", "../../../../secret"];
  for (const [index, target] of targets.entries()) {
    await t.step(`a link to ${target.slice(-12)}`, async () => {
      await Deno.symlink(target, `${root}/etc/out${index}`);
      assertEquals(await readInRoot(root, `etc/out${index}`), undefined);
    });
  }
  await t.step("a directory that is a link to outside", async () => {
    await Deno.symlink(dir.path, `${root}/up`);
    assertEquals(await readInRoot(root, "up/secret"), undefined);
    assertEquals(await readInRoot(root, "../secret"), undefined);
  });
});

Deno.test("readInRoot() takes what is not there for absent", async () => {
  using dir = tempDir();
  const root = await makeRoot(dir.path);
  await Deno.symlink("nowhere", `${root}/etc/dangling`);
  for (const path of ["etc/group", "var/x", "etc/passwd/x", "etc/dangling"]) {
    assertEquals(await readInRoot(root, path), undefined);
  }
});

Deno.test("readInRoot() refuses what is no small regular file", async (t) => {
  using dir = tempDir();
  const root = await makeRoot(dir.path);
  await runCommand("/usr/bin/mkfifo", [`${root}/fifo`]);
  await Deno.symlink("loop", `${root}/loop`);
  await Deno.writeTextFile(`${root}/exact`, "x".repeat(100));
  await Deno.writeTextFile(`${root}/large`, "x".repeat(101));
  const table = {
    "etc": "it is no regular file",
    "": "it is no regular file",
    "fifo": "it is no regular file",
    "loop": "too many symbolic links",
    "large": "more than 100 bytes",
  };
  for (const [path, why] of Object.entries(table)) {
    await t.step(path || "the root itself", async () => {
      await assertRejects(
        () => readInRoot(root, path, { maxSize: 100 }),
        TypeError,
        `Cannot read "${path}" in "${root}": ${why}`,
      );
    });
  }
  const exact = await readInRoot(root, "exact", { maxSize: 100 });
  assertEquals(exact?.length, 100);
});
