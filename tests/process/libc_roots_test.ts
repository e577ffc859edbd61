import { assert, assertEquals } from "@std/assert";
import { takeLibcWithSockets } from "../../src/process/libc_with_sockets.ts";
import { needsThat } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const roots = takeLibcWithSockets()?.roots;
const ignore = needsThat(roots !== undefined, "libc cannot be bound").ignore;

Deno.test({
  name: "find() never leads out of a root",
  ignore,
  fn: async (t) => {
    using dir = tempDir();
    const root = dir.join("root");
    await Deno.mkdir(`${root}/etc`, { recursive: true });
    await Deno.writeTextFile(`${root}/etc/name`, "inside\n");
    await Deno.mkdir(dir.join("etc"));
    await Deno.writeTextFile(dir.join("etc/name"), "outside\n");
    const links: Readonly<Record<string, string>> = {
      absolute: "/etc",
      above: "../../../../etc",
      chain: "absolute/../above",
      host: dir.join("etc"),
      loop: "loop",
      magic: "/proc/self/root",
    };
    for (const [name, target] of Object.entries(links)) {
      await Deno.symlink(target, `${root}/${name}`);
    }
    const read = async (path: string): Promise<string | undefined> => {
      using found = roots?.find(root, path);
      return found && await cat(found.path);
    };
    for (
      const path of [
        ...["/etc/name", "etc/name", "../../etc/name", "absolute/name"],
        ...["above/name", "chain/name", "/./etc//name"],
      ]
    ) {
      await t.step(path, async () => {
        assertEquals(await read(path), "inside\n");
      });
    }
    for (const path of ["host/name", "loop", "magic/etc", "nothing", "etc/x"]) {
      await t.step(path, async () => {
        assertEquals(await read(path), undefined);
      });
    }
    await t.step("what was found stays found", async () => {
      using found = roots?.find(root, "etc/name");
      assert(found !== undefined);
      await Deno.remove(`${root}/etc`, { recursive: true });
      await Deno.symlink(dir.join("etc"), `${root}/etc`);
      assertEquals(await cat(found.path), "inside\n");
    });
    await t.step("there is no such root", () => {
      assertEquals(roots?.find(dir.join("none"), "/"), undefined);
    });
  },
});

/** Deno itself shows nothing of /proc, now that `ffi` was given up. */
async function cat(path: string): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [path] }).output();
  return new TextDecoder().decode(stdout);
}
