import { assert, assertEquals, assertThrows } from "@std/assert";
import { resolveInRoot } from "../../src/fs/resolve_in_root.ts";
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

Deno.test("resolveInRoot() follows links, inside of the root", async (t) => {
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
      for (const spelling of [path, `/${path}`, `.//${path}`]) {
        const found = resolveInRoot(root, spelling);
        assertEquals(found.path, `${root}/etc/passwd`);
        assert(found.status?.isFile);
      }
    });
  }
  await t.step("a directory that is a link", async () => {
    await Deno.symlink("/usr/etc", `${root}/linked`);
    const group = resolveInRoot(root, "linked/group");
    assertEquals(group.path, `${root}/usr/etc/group`);
    const passwd = resolveInRoot(root, "linked/../../etc/passwd");
    assertEquals(passwd.path, `${root}/etc/passwd`);
  });
  await t.step("the root itself", () => {
    for (const path of ["", "/", ".", "..", "/../.."]) {
      const found = resolveInRoot(root, path);
      assertEquals([found.path, found.status?.isDirectory], [root, true]);
    }
  });
});

Deno.test("resolveInRoot() never leaves the root", async (t) => {
  using dir = tempDir();
  const root = await makeRoot(dir.path);
  const targets = [`${dir.path}/secret`, "../../secret", "../../../../secret"];
  for (const [index, target] of targets.entries()) {
    await t.step(`a link to ${target.slice(-12)}`, async () => {
      await Deno.symlink(target, `${root}/etc/out${index}`);
      const found = resolveInRoot(root, `etc/out${index}`);
      assert(found.path.startsWith(`${root}/`));
      assertEquals(found.status, undefined);
    });
  }
  await t.step("a directory that is a link to outside", async () => {
    await Deno.symlink(dir.path, `${root}/up`);
    for (const path of ["up/secret", "../secret", "up/../../secret"]) {
      const found = resolveInRoot(root, path);
      assert(found.path.startsWith(`${root}/`));
      assertEquals(found.status, undefined);
    }
  });
});

Deno.test("resolveInRoot() reports where what is missing would be", async (t) => {
  using dir = tempDir();
  const root = await makeRoot(dir.path);
  await Deno.symlink("/srv/data", `${root}/dangling`);
  const table = {
    "etc/group": "etc/group",
    "var/lib/x": "var/lib/x",
    "var/../srv": "srv",
    "dangling": "srv/data",
    "dangling/x": "srv/data/x",
    "etc/passwd/x": "etc/passwd/x",
  };
  for (const [path, expected] of Object.entries(table)) {
    await t.step(path, () => {
      const found = resolveInRoot(root, path);
      assertEquals(found.path, `${root}/${expected}`);
      assertEquals(found.status, undefined);
    });
  }
});

Deno.test("resolveInRoot() refuses a loop of links", async () => {
  using dir = tempDir();
  await Deno.symlink("loop", dir.join("loop"));
  assertThrows(
    () => resolveInRoot(dir.path, "loop"),
    TypeError,
    `Cannot follow "loop" in "${dir.path}": too many symbolic links`,
  );
});

Deno.test("resolveInRoot() refuses what no path can be, in few words", async (t) => {
  using dir = tempDir();
  await Deno.symlink("x".repeat(255), dir.join("long"));
  await Deno.symlink("a/".repeat(2000), dir.join("deep"));
  const table: [path: string, why: string][] = [
    ["x".repeat(256), "name too long"],
    ["\u00e9".repeat(128), "name too long"],
    ["/a".repeat(2048), "path too long"],
    ["/a".repeat(2_000_000), "path too long"],
    ["deep/deep/x".repeat(20), "path too long"],
    ["long/../../long/" + "y".repeat(300), "name too long"],
  ];
  for (const [path, why] of table) {
    await t.step(`${path.length}: ${why}`, () => {
      const { message } = assertThrows(
        () => resolveInRoot(dir.path, path),
        TypeError,
        why,
      );
      assert(message.length < 200 + dir.path.length);
    });
  }
});

Deno.test("resolveInRoot() accepts the longest names and paths there are", () => {
  using dir = tempDir();
  const longest = 4095 - dir.path.length;
  const long = `/${"x".repeat(254)}`.repeat(20).slice(0, longest);
  for (const path of [`/${"x".repeat(255)}`, long]) {
    assertEquals(resolveInRoot(dir.path, path).path, dir.path + path);
  }
  assertThrows(
    () => resolveInRoot(dir.path, `${long}x`),
    TypeError,
    "path too long",
  );
});

Deno.test("resolveInRoot() follows as many links as the kernel", async (t) => {
  using dir = tempDir();
  for (let n = 0; n <= 40; n++) {
    await Deno.symlink(`${n + 1}`, dir.join(`${n}`));
  }
  await t.step("40", () => {
    assertEquals(resolveInRoot(dir.path, "1").path, dir.join("41"));
  });
  await t.step("41", () => {
    assertThrows(
      () => resolveInRoot(dir.path, "0"),
      TypeError,
      "too many symbolic links",
    );
  });
});

Deno.test("resolveInRoot() reports how much of a path is there", async (t) => {
  using dir = tempDir();
  const root = await makeRoot(dir.path);
  await Deno.symlink("/etc/none/x", `${root}/link`);
  const table = {
    "etc/passwd": "/etc/passwd",
    "etc/none/x/y": "/etc",
    "none/../etc/none": "/etc",
    "none/x/../../etc": "/etc",
    "link/y": "/etc",
    "etc/passwd/x": "/etc/passwd",
    "x": "",
  };
  for (const [path, existing] of Object.entries(table)) {
    await t.step(path, () => {
      const found = resolveInRoot(root, path);
      assertEquals(found.existing, `${root}${existing}`);
    });
  }
});

Deno.test("resolveInRoot() refuses a link that is no text", async () => {
  using dir = tempDir();
  await runCommand("/bin/sh", ["-c", `ln -s "$(printf '\\377')" link`], {
    cwd: dir.path,
  });
  assertThrows(
    () => resolveInRoot(dir.path, "link/x"),
    TypeError,
    `Cannot follow "link/x" in "${dir.path}": a symbolic link in it is no UTF-8`,
  );
});
