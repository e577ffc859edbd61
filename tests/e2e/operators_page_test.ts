import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { writeBusyboxLayout } from "../support/busybox_layout.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const CHECKOUT = fromFileUrl(new URL("../../", import.meta.url));
const MACHINE = `${CHECKOUT}tests/support/own_machine.sh`;
// It installs what scripts/build makes, and tests build nothing.
const isBuilt = Deno.env.get("ORLOP") !== undefined;
const peers = ["docker-registry", "skopeo", "podman", "runc", "ip", "unshare"];

Deno.test({
  name: "each command of the README's page for operators works",
  ignore: !isBuilt || needs("root", "busybox", "mount", ...peers).ignore,
  fn: async () => {
    using dir = tempDir();
    const layout = dir.join("image");
    await writeBusyboxLayout(layout);
    const script = dir.join("script");
    await Deno.writeTextFile(script, await readCommands());
    const words = ["--mount", "--net", "--propagation", "private", MACHINE];
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: [...words, dir.path, layout, script],
      cwd: CHECKOUT,
      clearEnv: true,
      env: {
        HOME: "/root",
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      },
    }).output();
    const decoder = new TextDecoder();
    const out = decoder.decode(stdout) + decoder.decode(stderr);
    assertEquals(code, 0, out);
    // Of the last command but few: it has come that far.
    assert(out.includes("+ scripts/install --uninstall"), out);
  },
});

/** All that is marked as `sh` in the section. */
async function readCommands(): Promise<string> {
  const readme = await Deno.readTextFile(`${CHECKOUT}README.md`);
  const [, section = ""] = readme.split("\n## Operating orlop\n");
  const [page = ""] = section.split("\n## ");
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)];
  assert(blocks.length > 8);
  return blocks.map(([, text]) => text).join("");
}
