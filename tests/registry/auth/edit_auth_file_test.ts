import { assert, assertEquals, assertRejects } from "@std/assert";
import { editAuthFile } from "../../../src/registry/auth/edit_auth_file.ts";
import type { TempDir } from "../../support/temp_dir.ts";
import { trustedDir } from "../../support/trusted_dir.ts";

const user = { chosenBy: "user" } as const;

/** Adds a line, once. */
const add = (line: string) => (text: string) =>
  text.split("\n").includes(line) ? text : `${text}${line}\n`;

async function namesIn(dir: TempDir, path = "."): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(dir.join(path)));
  return entries.map(({ name }) => name).toSorted();
}

Deno.test("editAuthFile() makes file and folder for one user alone", async () => {
  using dir = trustedDir();
  const path = dir.join("a/b/auth.json");
  const umask = Deno.umask(0);
  try {
    await editAuthFile(path, add("one"), user);
  } finally {
    Deno.umask(umask);
  }
  assertEquals(await Deno.readTextFile(path), "one\n");
  const modeOf = async (name: string) =>
    ((await Deno.stat(dir.join(name))).mode ?? 0) & 0o7777;
  assertEquals(await modeOf("a"), 0o700);
  assertEquals(await modeOf("a/b"), 0o700);
  assertEquals(await modeOf("a/b/auth.json"), 0o600);
  assertEquals(await namesIn(dir, "a/b"), ["auth.json"]);
});

Deno.test("editAuthFile() leaves a file as it is if nothing changes", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  await Deno.writeTextFile(path, "one\n", { mode: 0o640 });
  const before = await Deno.stat(path);
  await editAuthFile(path, add("one"), user);
  const after = await Deno.stat(path);
  assertEquals([after.ino, after.mode], [before.ino, before.mode]);
});

Deno.test("editAuthFile() replaces a symbolic link, as podman does", async () => {
  using dir = trustedDir();
  await Deno.writeTextFile(dir.join("real"), "one\n");
  await Deno.symlink(dir.join("real"), dir.join("auth.json"));
  await Deno.symlink(dir.join("nowhere"), dir.join("dangling"));
  await editAuthFile(dir.join("auth.json"), add("two"), user);
  await editAuthFile(dir.join("dangling"), add("two"), user);
  assertEquals(await Deno.readTextFile(dir.join("real")), "one\n");
  assertEquals(await Deno.readTextFile(dir.join("auth.json")), "one\ntwo\n");
  assert((await Deno.lstat(dir.join("auth.json"))).isFile);
  assertEquals(await namesIn(dir), ["auth.json", "dangling", "real"]);
});

Deno.test("editAuthFile() writes to nothing but regular files", async (t) => {
  using dir = trustedDir();
  await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
  await Deno.mkdir(dir.join("folder"));
  for (const path of [dir.join("fifo"), dir.join("folder"), "/dev/null"]) {
    await t.step(path, async () => {
      await assertRejects(
        () => editAuthFile(path, add("one"), user),
        Error,
        `Cannot write "${path}": it is no regular file`,
      );
    });
  }
  assertEquals(await namesIn(dir), ["fifo", "folder"]);
});

Deno.test("editAuthFile() refuses a file of orlop's choice that others can change", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  await Deno.writeTextFile(path, "one\n");
  await Deno.chmod(path, 0o666);
  await assertRejects(
    () => editAuthFile(path, add("two"), { chosenBy: "orlop" }),
    Error,
    "what others can change is not used",
  );
  assertEquals(await Deno.readTextFile(path), "one\n");
});

Deno.test("editAuthFile() changes nothing where the change fails", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  await Deno.writeTextFile(path, "one\n");
  const fail = () => {
    throw new SyntaxError("Cannot read it");
  };
  await assertRejects(() => editAuthFile(path, fail, user), SyntaxError);
  assertEquals(await Deno.readTextFile(path), "one\n");
  assertEquals(await namesIn(dir), ["auth.json"]);
});

Deno.test("editAuthFile() does it again where another one's file came over it", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  await Deno.writeTextFile(path, "one\n");
  // As podman: read, think, put a new file over whatever is there by then.
  const temporary = dir.join("new");
  await Deno.writeTextFile(temporary, "one\npodman\n");
  let edits = 0;
  await editAuthFile(path, (text) => {
    edits++;
    // Between the first edit, and the look whether it has lasted.
    if (edits === 1) {
      setTimeout(() => Deno.renameSync(temporary, path), 10);
    }
    return add("orlop")(text);
  }, user);
  assertEquals(await Deno.readTextFile(path), "one\npodman\norlop\n");
});

Deno.test("editAuthFile() reports what was there before its change", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  await Deno.writeTextFile(path, "one\n");
  const seen: unknown[] = [];
  await editAuthFile(path, (text, before) => {
    seen.push([text, before]);
    return before === undefined ? "two\n" : text;
  }, user);
  assertEquals(seen, [["one\n", undefined], ["two\n", "one\n"]]);
});

Deno.test("editAuthFile() waits for those who write, but not for their ruins", async (t) => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  const theirs = dir.join(".tmp-auth.json123");
  await t.step("who writes", async () => {
    await Deno.writeTextFile(theirs, "podman\n");
    setTimeout(() => Deno.renameSync(theirs, path), 200);
    await editAuthFile(path, add("orlop"), user);
    assertEquals(await Deno.readTextFile(path), "podman\norlop\n");
  });
  await t.step("who has died of it", async () => {
    const others = dir.join(".tmp-auth.json.bak");
    for (const old of [theirs, others]) {
      await Deno.writeTextFile(old, "secret");
      const hourAgo = Date.now() / 1000 - 3600;
      await Deno.utime(old, hourAgo, hourAgo);
    }
    const start = performance.now();
    await editAuthFile(path, add("again"), user);
    assert(performance.now() - start < 1500);
    assertEquals(await namesIn(dir), [".tmp-auth.json.bak", "auth.json"]);
  });
});

Deno.test("editAuthFile() gives up on a file that others write all the time", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  let edits = 0;
  const edit = (text: string) => {
    Deno.writeTextFileSync(path, `${++edits}\n`);
    return `${text}orlop\n`;
  };
  const error = await assertRejects(
    () => editAuthFile(path, edit, user),
    Error,
  );
  assertEquals(
    [error.message, edits],
    [`Cannot write "${path}": other programs write it all the time`, 20],
  );
  assertEquals(await Deno.readTextFile(path), "20\n");
  assertEquals(await namesIn(dir), ["auth.json"]);
});

Deno.test("editAuthFile() does it again where another one began to write meanwhile", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  const theirs = dir.join(".tmp-auth.json123");
  const seen: string[] = [];
  await editAuthFile(path, (text) => {
    seen.push(text);
    if (seen.length === 1) {
      Deno.writeTextFileSync(theirs, "podman\n");
      setTimeout(() => Deno.renameSync(theirs, path), 50);
    }
    return add("orlop")(text);
  }, user);
  assertEquals(seen, ["", "podman\n", "podman\norlop\n"]);
});

Deno.test("editAuthFile() waits for who has locked the folder", async (t) => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  for (const exclusive of [true, false]) {
    await t.step(exclusive ? "to write" : "to read", async () => {
      using folder = await Deno.open(dir.path);
      await folder.lock(exclusive);
      let isLocked = true;
      setTimeout(() => {
        isLocked = false;
        folder.unlockSync();
      }, 100);
      await editAuthFile(path, (text) => {
        assert(!isLocked);
        return add(`${exclusive}`)(text);
      }, user);
    });
  }
  await t.step("but no longer than its caller", async () => {
    using folder = await Deno.open(dir.path);
    await folder.lock(Boolean(folder));
    const controller = new AbortController();
    const { signal } = controller;
    setTimeout(() => controller.abort(new Error("enough")), 50);
    const edited = editAuthFile(path, add("late"), { ...user, signal });
    assertEquals((await assertRejects(() => edited, Error)).message, "enough");
  });
  assertEquals(await Deno.readTextFile(path), "true\nfalse\n");
});

Deno.test("editAuthFile() reports what it could not write, unless that was said", async (t) => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  const cases = [
    ["Cannot read it", "Cannot read it"],
    ["It Cannot be", `Cannot write "${path}": It Cannot be`],
  ] as const;
  for (const [thrown, expected] of cases) {
    await t.step(thrown, async () => {
      const cause = new Error(thrown);
      const fail = () => {
        throw cause;
      };
      const error = await assertRejects(
        () => editAuthFile(path, fail, user),
        Error,
      );
      assertEquals(error.message, expected);
      assert(error === cause || error.cause === cause);
    });
  }
});

Deno.test("editAuthFile() removes what was left ten minutes ago, and nothing else", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  const ages: Readonly<Record<string, number>> = {
    ".tmp-auth.json1": 609,
    ".tmp-auth.json2": 590,
    ".tmp-auth.json": 3600,
    ".tmp-auth.json3x": 3600,
    ".tmp-auth.jsonx3": 3600,
    ".tmp-other.json3": 3600,
    "x.tmp-auth.json3": 3600,
  };
  for (const [name, seconds] of Object.entries(ages)) {
    await Deno.writeTextFile(dir.join(name), "");
    const time = Date.now() / 1000 - seconds;
    await Deno.utime(dir.join(name), time, time);
  }
  await editAuthFile(path, (text) => text, user);
  const { ".tmp-auth.json1": _, ...kept } = ages;
  assertEquals(await namesIn(dir), Object.keys(kept).toSorted());
});

Deno.test("editAuthFile() loses none of many at once", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  const lines = Array.from({ length: 8 }, (_, n) => `line ${n}`);
  await Promise.all(lines.map((line) => editAuthFile(path, add(line), user)));
  const text = await Deno.readTextFile(path);
  assertEquals(text.trimEnd().split("\n").toSorted(), lines);
  assertEquals(await namesIn(dir), ["auth.json"]);
});

Deno.test("editAuthFile() ends with its caller's signal", async () => {
  using dir = trustedDir();
  const path = dir.join("auth.json");
  await Deno.writeTextFile(dir.join(".tmp-auth.json1"), "");
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => editAuthFile(path, add("one"), { ...user, signal }),
    Error,
    "enough",
  );
  const early = () => editAuthFile(path, add("one"), { ...user, signal });
  assertEquals((await assertRejects(early, Error)).message, "enough");
  assertEquals(await namesIn(dir), [".tmp-auth.json1"]);
});
