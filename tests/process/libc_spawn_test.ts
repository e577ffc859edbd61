import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { CommandError } from "../../src/errors/store_errors.ts";
import { toBytes, toText } from "../../src/formats/bytes.ts";
import { takeLibcWithSockets } from "../../src/process/libc_with_sockets.ts";
import type { SpawnOptions } from "../../src/process/libc_spawn.ts";
import { socketsOf } from "../../src/process/libc_sockets.ts";
import { needsThat } from "../support/peers.ts";
import { run } from "../support/servers/registry_server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";

const libc = takeLibcWithSockets();
const { ignore } = needsThat(libc?.sockets !== undefined, "libc is not bound");

const NOTHING = { cwd: "/", env: {} } as const;
const STREAMS = [
  "go",
  "none",
  "messages",
  "answers",
  "go",
  "messages",
] as const;

function sh(script: string, options: Partial<SpawnOptions> = {}) {
  return socketsOf(libc).spawn("/bin/sh", {
    ...{ ...NOTHING, args: ["-c", script], descriptors: STREAMS },
    ...options,
  });
}

/** What it writes; nothing is written to it. */
async function read(
  { answers, messages, go, ended }: ReturnType<typeof sh>,
): Promise<readonly string[]> {
  await go?.close();
  const texts = await Promise.all(
    [answers, messages].map((stream) => new Response(stream).text()),
  );
  await ended;
  return texts;
}

Deno.test("spawn() hands a program its descriptors, and no others", {
  ignore,
}, async (t) => {
  await t.step("it reads and writes", async () => {
    const program = sh("read a <&4; read b; echo $a-$b >&3; echo no >&5");
    const writer = program.go?.getWriter();
    await writer?.write(toBytes("one\n"));
    await writer?.write(toBytes("two\n"));
    writer?.releaseLock();
    assertEquals(await read(program), ["one-two\n", "no\n"]);
  });
  await t.step("much", async () => {
    const program = sh("head -c 3000000 /dev/zero >&3; echo end >&2");
    const [zeros = "", end] = await read(program);
    assertEquals([zeros.length, end], [3_000_000, "end\n"]);
  });
  await t.step("none are nothing", async () => {
    const descriptors = ["none", "answers"] as const;
    const [text] = await read(sh("cat; wc -c", { descriptors }));
    assertEquals(text?.trim(), "0");
  });
  await t.step("arguments, directory and environment", async () => {
    const args = ["-c", 'printf "%s|" "$@" "$A" >&3; pwd >&3', "sh", "", "b c"];
    const env = { A: "\n'\"$" };
    const [text] = await read(sh("", { args, env, cwd: "/usr" }));
    assertEquals(text, "|b c|\n'\"$|/usr\n");
  });
});

Deno.test("spawn() lets a program ignore and block no signal", {
  ignore,
}, async () => {
  const [text = ""] = await read(sh("grep Sig /proc/self/status >&3"));
  assertMatch(text, /SigBlk:\t0{16}\nSigIgn:\t0{16}\n/);
});

Deno.test("spawn() leaves nothing of what cannot be started", {
  ignore,
}, async () => {
  const spawn = socketsOf(libc).spawn;
  const options = { ...NOTHING, args: [], descriptors: STREAMS };
  const before = await countDescriptors();
  for (let count = 0; count < 50; count++) {
    assertThrows(() => spawn("/none", options), CommandError, "error 2");
    assertThrows(() => spawn("/etc", options), CommandError, "error 13");
    assertThrows(() => sh("", { cwd: "/none" }), CommandError, "error 2");
    assertThrows(() => sh("a\0b"), TypeError);
    await read(sh("exit 1"));
  }
  await until(async () => await countDescriptors() < before + 40);
});

Deno.test("spawn() starts only what may be run", { ignore }, async () => {
  using dir = tempDir();
  const module = import.meta.resolve("../../src/process/libc_with_sockets.ts");
  const script = dir.join("script.ts");
  const options = JSON.stringify({ ...NOTHING, args: [], descriptors: [] });
  await Deno.writeTextFile(
    script,
    `const { takeLibcWithSockets } = await import(${JSON.stringify(module)});
    const libc = takeLibcWithSockets();
    for (const program of ["/bin/true", "/bin/false"]) {
      try {
        const { answers, messages, ended } =
          libc.sockets.spawn(program, ${options});
        await Promise.all([answers.cancel(), messages.cancel(), ended]);
        console.log("started", program);
      } catch (error) {
        console.log(error.message);
      }
    }`,
  );
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--no-prompt", "--allow-ffi"],
      ...["--allow-read", "--allow-run=/bin/true", script],
    ],
  }).output();
  const text = toText(stdout) + toText(stderr);
  assertStringIncludes(text, "started /bin/true\n");
  assertStringIncludes(text, 'Cannot run "/bin/false": orlop lacks');
});

async function countDescriptors(): Promise<number> {
  const names = await run("ls", `/proc/${Deno.pid}/fd`);
  return names.trim().split("\n").length;
}
