/** Settings of another user, whom sudo has left in root's environment. */

import { assert, assertMatch, assertNotMatch } from "@std/assert";
import { needs } from "../../support/peers.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { tempDir } from "../../support/temp_dir.ts";

const OTHER = 65534;
// Nothing listens there: the message tells where orlop would have gone.
const CONF = `unqualified-search-registries = ["localhost:2"]
[[registry]]
location = "localhost:1"
[[registry.mirror]]
location = "localhost:3"
`;

async function pull(name: string, env: Record<string, string>) {
  using dir = tempDir();
  const { stderr } = await new Deno.Command(ORLOP, {
    args: ["pull", name],
    env: {
      ORLOP_DENO: Deno.execPath(),
      ORLOP_ROOT: dir.join("root"),
      ORLOP_RUNROOT: dir.join("run"),
      ...env,
    },
  }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test(
  "another user's settings are not root's",
  needs("root"),
  async (t) => {
    using dir = tempDir();
    await Deno.chmod(dir.path, 0o755);
    for (const folder of ["home", "xdg"]) {
      const conf = folder === "home"
        ? "home/.config/containers"
        : "xdg/containers";
      await Deno.mkdir(dir.join(conf), { recursive: true });
      await Deno.writeTextFile(dir.join(conf, "registries.conf"), CONF);
    }
    const cases: readonly [string, Record<string, string>][] = [
      ["HOME", { HOME: dir.join("home") }],
      ["XDG_CONFIG_HOME", { XDG_CONFIG_HOME: dir.join("xdg") }],
    ];
    for (const [name, env] of cases) {
      await t.step(`${name}, root's own`, async () => {
        assertMatch(await pull("localhost:1/x", env), /"localhost:3"/);
      });
    }
    for (const folder of ["home", "xdg"]) {
      await Deno.chown(
        dir.join(folder),
        OTHER,
        OTHER,
      );
    }
    for (const [name, env] of cases) {
      await t.step(`${name} of another user`, async () => {
        const told = await pull("localhost:1/x", env);
        assertNotMatch(told, /localhost:3/);
        assertMatch(
          told,
          new RegExp(
            `warning: Settings below ${name} are not used: ".*" belongs to user 65534`,
          ),
        );
      });
    }
    await t.step("a file that a variable names", async () => {
      const path = dir.join("xdg/containers/registries.conf");
      const told = await pull("localhost:1/x", {
        CONTAINERS_REGISTRIES_CONF: path,
      });
      assertMatch(
        told,
        /^orlop: Cannot read ".*": .* belongs to user 65534; what others can change is not used/,
      );
    });
    await t.step("nothing there, nothing said", async () => {
      const told = await pull("localhost:1/x", {
        XDG_RUNTIME_DIR: dir.join("xdg"),
        DOCKER_CONFIG: dir.join("home"),
      });
      assert(!told.includes("warning"), told);
    });
  },
);
