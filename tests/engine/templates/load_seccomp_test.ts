import { assert, assertEquals, assertThrows } from "@std/assert";
import { loadDefaultSeccomp } from "../../../src/engine/templates/load_seccomp.ts";
import { needs } from "../../support/peers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const PROFILE = '{"defaultAction":"SCMP_ACT_LOG"}';

function load(...paths: string[]) {
  const messages: string[] = [];
  const log = (_level: string, message: string) => messages.push(message);
  const profile = loadDefaultSeccomp({ log }, paths);
  return { action: profile?.defaultAction, messages };
}

async function write(
  dir: TempDir,
  { mode = 0o644, text = PROFILE, name = "seccomp.json" } = {},
): Promise<string> {
  const path = dir.join(name);
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, mode);
  return path;
}

Deno.test("loadDefaultSeccomp() reads the first file that is there", {
  ...needs("root"),
}, async () => {
  using dir = tempDir();
  const missing = dir.join("missing");
  const path = await write(dir);
  const found = { action: "SCMP_ACT_LOG", messages: [] };
  assertEquals(load(missing, path, dir.path), found);
  assertEquals(load(missing), { action: undefined, messages: [] });
});

Deno.test("loadDefaultSeccomp() passes over what others could have written", {
  ...needs("root", "mkfifo"),
}, async (t) => {
  using dir = tempDir();
  const foreign = await write(dir, { name: "foreign" });
  await Deno.chown(foreign, 1000, 0);
  await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
  const table: [string, string][] = [
    [await write(dir, { mode: 0o646, name: "all" }), "others can write to"],
    [await write(dir, { mode: 0o664, name: "group" }), "others can write to"],
    [foreign, "belongs to user 1000"],
    [dir.join("fifo"), "no regular file"],
    [dir.path, "no regular file"],
  ];
  for (const [path, message] of table) {
    await t.step(message, () => {
      const { action, messages } = load(path);
      assertEquals(action, undefined);
      assert(messages[0]?.includes(message), messages[0]);
    });
  }
});

Deno.test(
  "loadDefaultSeccomp() does not go on without a profile that is damaged",
  {
    ...needs("root"),
  },
  async () => {
    using dir = tempDir();
    const path = await write(dir, { text: "{" });
    assertThrows(() => load(path), SyntaxError, `seccomp profile "${path}"`);
  },
);
