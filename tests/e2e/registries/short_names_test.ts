/** Short names on a terminal: a question, and its answer kept for podman, too. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

const UNSHARE = ["unshare", "--mount", "--propagation=private", "sh", "-ec"];

Deno.test("a short name that may be several images is asked for once", {
  ...needs("root", "unshare", "script", "podman", ...REGISTRY_PROGRAMS),
}, async (t) => {
  using dir = tempDir();
  await writeLayout(dir.join("layout"), [await layerOf({ "a": "b" })]);
  await using registry = await startRegistry();
  await registry.pushLayout(dir.join("layout"), "app:1");
  await Deno.mkdir(dir.join("cache"));
  const conf = dir.join("registries.conf");
  const configure = (mode: string) =>
    Deno.writeTextFile(
      conf,
      `unqualified-search-registries = ["127.0.0.1:1", "${registry.host}"]\n` +
        `short-name-mode = "${mode}"\n` +
        `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`,
    );
  /** On a terminal, unless nothing is typed; with a cache of its own. */
  const run = async (line: string, typed?: string) => {
    const command = typed === undefined
      ? line
      : `printf '${typed}' | script -qec '${line}' /dev/null`;
    const { stdout, stderr } = await new Deno.Command(UNSHARE[0] ?? "", {
      args: [
        ...UNSHARE.slice(1),
        `mkdir -p /var/cache; mount --bind "$1" /var/cache; ${command}`,
        ...["sh", dir.join("cache")],
      ],
      env: {
        ORLOP_DENO: Deno.execPath(),
        ORLOP_ROOT: dir.join("root"),
        ORLOP_RUNROOT: dir.join("run"),
        CONTAINERS_REGISTRIES_CONF: conf,
      },
      stdin: "null",
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  const orlop = (args: string, typed?: string) =>
    run(`${ORLOP} ${args}`, typed);
  await configure("enforcing");
  await t.step("not without a terminal", async () => {
    assertStringIncludes(
      await orlop("pull app:1"),
      "there is no terminal to ask on",
    );
  });
  await t.step("not for ever", async () => {
    const said = await orlop("pull app:1", "0\\nx\\n3\\n");
    assertStringIncludes(said, "no number from 1 to 2 was typed");
  });
  await t.step("until an answer makes sense", async () => {
    const said = await orlop("pull app:1", "\\n2\\n");
    assertStringIncludes(said, `  2  ${registry.host}/app:1`);
    assertStringIncludes(await orlop("images"), `${registry.host}/app`);
  });
  await t.step("and kept", async () => {
    const said = await orlop("explain app:1");
    assertStringIncludes(
      said,
      "an alias in /var/cache/containers/short-name-aliases.conf",
    );
    const mode = (await Deno.stat(
      dir.join("cache/containers/short-name-aliases.conf"),
    )).mode ?? 0;
    assertEquals(mode & 0o777, 0o600);
  });
  await t.step("for podman, too", async () => {
    const store = `--root ${dir.join("p")} --runroot ${dir.join("q")}`;
    const said = await run(
      `podman ${store} pull -q app:1; podman ${store} images`,
    );
    assertStringIncludes(said, `${registry.host}/app`);
    await run(`podman ${store} rmi -a -f`);
  });
});
