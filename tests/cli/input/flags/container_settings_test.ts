import { assertEquals } from "@std/assert";
import { settingsOf, specOf } from "../../../support/flags_to_spec.ts";

Deno.test("containerSettings() leaves the image's own where nothing is said", () => {
  const { args, entrypoint, user, workdir, volumes, tmpfs } = settingsOf([]);
  assertEquals([args, entrypoint, user, workdir], Array(4).fill(undefined));
  assertEquals([volumes, tmpfs], [[], []]);
  const empty = settingsOf(["--user=", "--workdir=", "--hostname="]);
  assertEquals([empty.user, empty.hostname], [undefined, undefined]);
  assertEquals(specOf(["--workdir="]).process?.cwd, "/");
});

Deno.test("containerSettings() reads entrypoints as podman does", async (t) => {
  const table: [string, readonly string[]][] = [
    ["/bin/x", ["/bin/x"]],
    ["a b", ["a b"]],
    ['["sh", "-c"]', ["sh", "-c"]],
    ["[]", []],
    ["", []],
  ];
  for (const [typed, expected] of table) {
    await t.step(typed, () => {
      const { entrypoint } = settingsOf([`--entrypoint=${typed}`]);
      assertEquals(entrypoint, expected);
    });
  }
});

Deno.test("containerSettings() notes labels and ends where no runtime obeys them", async (t) => {
  const table: [string[], Record<string, string>][] = [
    [["--label", "a=b"], { "orlop.label/a": "b" }],
    [["-l", "a"], { "orlop.label/a": "" }],
    [["-l", "a=b=c"], { "orlop.label/a": "b=c" }],
    [["-l", "a=1", "-l", "a=2"], { "orlop.label/a": "2" }],
    [["-l", "run.oci.x=1"], { "orlop.label/run.oci.x": "1" }],
    [["--add-host", "a:1.2.3.4", "--add-host=b:::1,c:5.6.7.8"], {
      "orlop.hosts": "1.2.3.4\ta\n::1\tb\n5.6.7.8\tc\n",
    }],
    [["--stop-timeout", "5"], { "orlop.stop-timeout": "5" }],
    [["--log-opt", "max-size=10m"], { "orlop.log-size": "10485760" }],
    [["--log-opt", "max-size=-1"], {}],
    [["--stop-signal", "SIGINT"], {
      "org.opencontainers.image.stopSignal": "SIGINT",
    }],
    [["--annotation", "a=b", "-l", "a=c"], { a: "b", "orlop.label/a": "c" }],
  ];
  for (const [words, expected] of table) {
    await t.step(words.join(" "), () => {
      assertEquals(specOf(words).annotations, expected);
    });
  }
});
