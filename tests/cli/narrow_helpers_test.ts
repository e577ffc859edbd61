import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl } from "@std/path";
import { trustedDir } from "../support/trusted_dir.ts";

const MODULE = fromFileUrl(
  new URL("../../src/cli/narrow_helpers.ts", import.meta.url),
);
const PROBE = `
const { narrowHelpers } = await import(${JSON.stringify(MODULE)});
await narrowHelpers(JSON.parse(Deno.args[0]));
const paths = Deno.args.slice(1);
const states = paths.map((command) =>
  Deno.permissions.querySync({ name: "run", command }).state
);
console.log(states.map((state) => state === "granted" ? "yes" : "no").join());
`;

Deno.test("narrowHelpers() leaves those only that some file names", async (t) => {
  using dir = trustedDir();
  const names = ["file", "named", "conf", "none"];
  const paths = names.map((name) => dir.join(`docker-credential-${name}`));
  const other = dir.join("tar");
  for (const path of [...paths, other]) {
    await Deno.writeTextFile(path, "#!/bin/sh\n", { mode: 0o755 });
  }
  const write = async (name: string, text: string) => {
    await Deno.mkdir(dirname(dir.join(name)), { recursive: true });
    await Deno.writeTextFile(dir.join(name), text, { mode: 0o600 });
  };
  await write("run/containers/auth.json", '{"credHelpers":{"q.io":"file"}}');
  await write("named.json", '{"credsStore":"named"}');
  await write("registries.conf", 'credential-helpers = ["conf"]');
  await write("damaged.json", "{");
  await write("probe.ts", PROBE);
  const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
  const states = async (flags: Record<string, unknown>) => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-check", "--cached-only"],
        ...["--config", config, "--allow-read", "--allow-env"],
        ...["--allow-sys=uid", `--allow-run=${[...paths, other].join()}`],
        ...[dir.join("probe.ts"), JSON.stringify(flags), ...paths, other],
      ],
      env: {
        "ORLOP_HELPERS": paths.join(),
        "ORLOP_HOME": dir.join("home"),
        "XDG_RUNTIME_DIR": dir.join("run"),
        "CONTAINERS_REGISTRIES_CONF": dir.join("registries.conf"),
      },
    }).output();
    const decoder = new TextDecoder();
    return decoder.decode(stdout).trim() || decoder.decode(stderr);
  };
  const cases = [
    [{}, "yes,no,yes,no,yes"],
    [{ authfile: dir.join("named.json") }, "no,yes,yes,no,yes"],
    [{ "src-authfile": dir.join("named.json") }, "yes,yes,yes,no,yes"],
    [{ "compat-auth-file": dir.join("damaged.json") }, "no,no,yes,no,yes"],
    [{ authfile: "" }, "yes,no,yes,no,yes"],
  ] as const;
  for (const [flags, expected] of cases) {
    await t.step(JSON.stringify(flags), async () => {
      assertEquals(await states(flags), expected);
    });
  }
});
