import { assert, assertEquals, assertRejects } from "@std/assert";
import { CommandError } from "../../src/errors/store_errors.ts";
import { runInGroup } from "../../src/process/run_in_group.ts";
import { tempDir } from "../support/temp_dir.ts";
import { needs } from "../support/peers.ts";
import { until } from "../support/until.ts";

const GROUP = "ps -o pgid= -p $$";

Deno.test("runInGroup() runs a program in another group", {
  ...needs("timeout"),
}, async () => {
  const own = await new Deno.Command("ps", {
    args: ["-o", "pgid=", "-p", `${Deno.pid}`],
  }).output();
  const { stdout, code } = await runInGroup("/bin/sh", ["-c", GROUP]);
  assertEquals(code, 0);
  assert(Number(stdout) !== Number(new TextDecoder().decode(own.stdout)));
});

Deno.test("runInGroup() hands on what a program is, reads and ends with", async () => {
  using dir = tempDir();
  const stdin = new TextEncoder().encode("in");
  const options = { stdin, cwd: dir.path, env: { "A": "b" }, okCodes: [7] };
  const result = await runInGroup(
    "/bin/sh",
    ["-c", 'cat; pwd; echo "$A" "$1" >&2; exit 7', "sh", "-x"],
    options,
  );
  const stdout = `in${dir.path}\n`;
  assertEquals(result, { code: 7, stdout, stderr: "b -x\n" });
  await assertRejects(
    () => runInGroup("/bin/sh", ["-c", "echo broken >&2; exit 3"]),
    CommandError,
    "broken",
  );
});

Deno.test("runInGroup() ends what a program has started", async () => {
  using dir = tempDir();
  const controller = new AbortController();
  const script = `sleep 1000 & echo $! > ${dir.join("pid")}; wait`;
  const { signal } = controller;
  const run = runInGroup("/bin/sh", ["-c", script], { signal });
  const read = () => Deno.readTextFile(dir.join("pid")).catch(() => "");
  await until(async () => (await read()).endsWith("\n"));
  const pid = Number(await read());
  controller.abort(new Error("enough"));
  await assertRejects(() => run, Error, "enough");
  await until(async () => {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "Z");
    return stat === "Z" || stat.includes(") Z ");
  });
});
