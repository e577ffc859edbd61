/** Default configurations, run by a real runtime. */

import { assertEquals, assertMatch } from "@std/assert";
import type { RunDefaults } from "../../../src/formats/oci/image_config.ts";
import {
  formatRuntimeSpec,
  withRoot,
} from "../../../src/formats/oci/runtime_spec.ts";
import { readLinesInRoot } from "../../../src/fs/read_in_root.ts";
import {
  makeRuntimeSpec,
  type RuntimeSpecOptions,
} from "../../../src/image/default_spec.ts";
import { lookUpUser } from "../../../src/image/user_lookup.ts";
import { findProgram } from "../../../src/process/find_program.ts";
import {
  runCommand,
  type RunCommandOptions,
} from "../../../src/process/run_command.ts";
import { needs } from "../../support/peers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const { ignore } = needs("root", "runc", "/bin/busybox");

const CONFIG: RunDefaults = {
  User: "",
  ExposedPorts: [],
  Env: ["FROM_IMAGE=yes"],
  Entrypoint: ["/bin/busybox", "sh", "-c"],
  Cmd: [],
  Volumes: [],
  WorkingDir: "",
  Labels: {},
  StopSignal: "",
};

/** Makes a bundle with a busybox in it that runs a shell script. */
async function makeBundle(
  dir: TempDir,
  script: string,
  options: Partial<RuntimeSpecOptions> & { readonly runAs?: string } = {},
): Promise<string> {
  const root = dir.join("root");
  await Deno.mkdir(`${root}/bin`, { recursive: true });
  await Deno.mkdir(`${root}/etc`);
  await Deno.copyFile("/bin/busybox", `${root}/bin/busybox`);
  await Deno.writeTextFile(
    `${root}/etc/passwd`,
    "root:x:0:0::/root:\nweb:x:33:34::/var/www:\n",
  );
  await Deno.writeTextFile(`${root}/etc/group`, "adm:x:4:web\n");
  const { runAs = "", ...given } = options;
  const user = await lookUpUser(runAs, (path) => readLinesInRoot(root, path));
  const spec = makeRuntimeSpec(CONFIG, {
    user,
    hostname: "bundle",
    network: "none",
    args: [script],
    ...given,
  });
  await Deno.mkdir(dir.join("bundle"));
  await Deno.writeTextFile(
    dir.join("bundle", "config.json"),
    formatRuntimeSpec(withRoot(spec, root)),
  );
  return dir.join("bundle");
}

/** Runs a bundle to its end. */
async function runBundle(
  bundle: string,
  options: RunCommandOptions = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const id = `orlop-test-${crypto.randomUUID()}`;
  return await runCommand(
    findProgram("runc"),
    ["run", "--bundle", bundle, id],
    { okCodes: "any", ...options },
  );
}

/** Makes a bundle in a fresh directory, runs it and returns its lines. */
async function linesOf(
  script: string,
  options: Parameters<typeof makeBundle>[2] = {},
): Promise<readonly string[]> {
  using dir = tempDir();
  const bundle = await makeBundle(dir, `PATH=/bin; ${script}`, options);
  const { code, stdout, stderr } = await runBundle(bundle);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

Deno.test("a bundle's output and exit code arrive", { ignore }, async () => {
  using dir = tempDir();
  const bundle = await makeBundle(dir, "echo out; echo err >&2; exit 7");
  const expected = { code: 7, stdout: "out\n", stderr: "err\n" };
  assertEquals(await runBundle(bundle), expected);
});

Deno.test("a bundle reads its input", { ignore }, async () => {
  using dir = tempDir();
  const bundle = await makeBundle(dir, "read line; echo got $line");
  const stdin = new TextEncoder().encode("foo\n");
  assertEquals((await runBundle(bundle, { stdin })).stdout, "got foo\n");
});

Deno.test("a bundle runs as root of its own world", { ignore }, async () => {
  const lines = await linesOf(
    "busybox id -u; busybox hostname; pwd; echo $HOME $FROM_IMAGE; echo $$; " +
      "umask; busybox touch /made && busybox stat -c %U /made",
  );
  assertEquals(lines, [
    ...["0", "bundle", "/", "/root yes", "1", "0022", "root"],
  ]);
});

Deno.test("a bundle runs as another user", { ignore }, async () => {
  const lines = await linesOf(
    "busybox id -u; busybox id -g; busybox id -G; echo $HOME; " +
      "busybox grep CapEff /proc/self/status",
    { runAs: "web" },
  );
  assertEquals(lines.slice(0, 4), ["33", "34", "34 4", "/var/www"]);
  assertMatch(lines[4] ?? "", /CapEff:\s+0{16}$/);
});

Deno.test("a bundle starts where it is told", { ignore }, async () => {
  // Made if it is missing, by the runtime.
  assertEquals(await linesOf("pwd", { workdir: "/srv/app" }), ["/srv/app"]);
});

Deno.test("a bundle has a loopback, or the host's network", {
  ignore,
}, async () => {
  const script = "busybox ls /sys/class/net";
  assertEquals(await linesOf(script), ["lo"]);
  const host = [];
  for await (const { name } of Deno.readDir("/sys/class/net")) host.push(name);
  const seen = await linesOf(script, { network: "host" });
  assertEquals(seen.toSorted(), host.toSorted());
});

Deno.test("a bundle cannot change what is not its own", {
  ignore,
}, async () => {
  const lines = await linesOf(
    "for path in /proc/sys/kernel/hostname /proc/sysrq-trigger " +
      "/sys/kernel/x /sys/fs/cgroup/*/x; " +
      "do (echo x > $path) 2>/dev/null && echo $path; done; " +
      "busybox cat /proc/timer_list 2>/dev/null | busybox wc -c; " +
      "busybox ls /sys/firmware; " +
      "busybox mount -t tmpfs x /mnt 2>/dev/null || echo refused",
  );
  assertEquals(lines, ["0", "refused"]);
});

Deno.test("a bundle's root and volumes can be read-only", {
  ignore,
}, async () => {
  using volume = tempDir();
  await Deno.writeTextFile(volume.join("file"), "from the host\n");
  const volumes = [
    { source: volume.path, target: "/data" },
    { source: volume.path, target: "/fixed", access: "read-only" },
  ] as const;
  const lines = await linesOf(
    "busybox cat /data/file; echo new > /data/new; " +
      "for path in /x /fixed/x; " +
      "do (echo x > $path) 2>/dev/null || echo refused; done; " +
      "echo x > /dev/shm/x",
    { volumes, readOnlyRoot: true },
  );
  assertEquals(lines, ["from the host", "refused", "refused"]);
  assertEquals(await Deno.readTextFile(volume.join("new")), "new\n");
});

Deno.test("a bundle has a terminal of its own", {
  ignore: ignore || needs("script").ignore,
}, async () => {
  using dir = tempDir();
  const bundle = await makeBundle(
    dir,
    "PATH=/bin; test -t 0 && test -t 1 && echo terminal $TERM; exit 3",
    { terminal: true },
  );
  // script(1) makes the outer terminal, which runc copies to and from.
  const { code, stdout } = await runCommand(findProgram("script"), [
    ...["--quiet", "--return", "--command"],
    `${findProgram("runc")} run --bundle ${bundle} orlop-${dir.path.slice(-6)}`,
    "/dev/null",
  ], { okCodes: "any" });
  // It may echo the end of its own, empty input.
  assertMatch(stdout, /terminal xterm\r\n$/);
  assertEquals(code, 3);
});
