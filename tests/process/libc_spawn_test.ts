import {
  assertEquals,
  assertFalse,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { spawnProgram } from "../../src/process/libc_spawn.ts";
import { SocketPoller } from "../../src/process/sockets/socket_poller.ts";
import { type Answer, recordLibc } from "./recorded_libc.ts";
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

/** libc that hands out descriptors from 10 on, and process 99. */
function recorded(answers: Readonly<Record<string, Answer>> = {}) {
  let next = 10;
  const libc = recordLibc({
    socketpair: (...[, , , pair]) => {
      new Int32Array(pair?.buffer ?? new ArrayBuffer(8)).set([next++, next++]);
      return 0;
    },
    setDescriptorFlags: () => next++,
    open: () => next++,
    strdup: () => BigInt(next++),
    posix_spawn: (pid) => {
      new Int32Array(pid?.buffer ?? new ArrayBuffer(4))[0] = 99;
      return 0;
    },
    waitpid: () => Promise.resolve(99),
    ...answers,
  });
  const { symbols, calls } = libc;
  const poller = new SocketPoller(symbols, symbols);
  const start = (descriptors: SpawnOptions["descriptors"]) =>
    spawnProgram({ symbols, poller, libc: symbols }, "/bin/true", {
      ...{ args: ["a"], cwd: "/c", env: { A: "b" }, descriptors },
    });
  return { calls, start };
}

// Each pair: what orlop keeps, what the program gets, and that one once more, above
// all numbers that the program will have.
const OPENED = [10, 13, 16].flatMap((fd) => [
  `socketpair 1 ${1 | 0o2000000} 0 ffffffffffffffff`,
  `setDescriptorFlags ${fd + 1} 1030 10`,
]);
const THEIRS = [11, 12, 14, 15, 17, 18].map((fd) => `close ${fd}`);

Deno.test("spawn() asks libc for what a program gets, and closes its part", async () => {
  const { calls, start } = recorded();
  const program = start(["go", "none", "messages", "answers", "none"]);
  await program.ended;
  const shown = calls.map((call) => call.replaceAll(/\(\d+ zeros\)/g, "…"));
  assertEquals(shown, [
    ...OPENED,
    `open "/dev/null" ${2 | 0o2000000} 0`,
    ...['strdup "/bin/true"', 'strdup "a"', 'strdup "A=b"'],
    "posix_spawn_file_actions_init …",
    "posix_spawnattr_init …",
    "posix_spawnattr_setflags … 12",
    `posix_spawnattr_setsigdefault … ${"ff".repeat(128)}`,
    'posix_spawn_file_actions_addchdir_np … "/c"',
    ...[[18, 0], [19, 1], [15, 2], [12, 3], [19, 4]].map(([fd, at]) =>
      `posix_spawn_file_actions_adddup2 … ${fd} ${at}`
    ),
    'posix_spawn 00000000 "/bin/true" … … ' +
    // Addresses, and none at the end.
    `14${"00".repeat(7)}15… 16…`,
    "posix_spawnattr_destroy …",
    "posix_spawn_file_actions_destroy …",
    ...["free 22n", "free 20n", "free 21n"],
    ...["shutdown 10 1", "shutdown 13 1", "waitpid 99 null 0"],
    ...[...THEIRS, "close 19"],
  ]);
  calls.length = 0;
  await Promise.all([
    program.answers.cancel(),
    program.messages.cancel(),
    program.go?.close(),
  ]);
  assertEquals(calls.toSorted(), ["close 10", "close 13", "close 16"]);
});

Deno.test("spawn() makes no input where none is wanted", async () => {
  const { calls, start } = recorded();
  const program = start(["answers"]);
  await program.ended;
  assertEquals(program.go, undefined);
  const pairs = calls.filter((call) => call.startsWith("socketpair"));
  assertEquals(pairs.length, 2);
});

Deno.test("spawn() closes and frees all if a step fails", async (t) => {
  const own = ["close 10", "close 13", "close 16"];
  const steps = [
    ...["posix_spawnattr_setflags", "posix_spawnattr_setsigdefault"],
    ...["posix_spawn_file_actions_addchdir_np", "posix_spawn"],
    "posix_spawn_file_actions_adddup2",
  ];
  for (const step of steps) {
    await t.step(step, () => {
      const { calls, start } = recorded({ [step]: 7 });
      assertThrows(
        () => start(["go", "answers", "messages"]),
        CommandError,
        'Cannot run "/bin/true": posix_spawn failed with error 7',
      );
      const freed = calls.filter((call) => /^(close|free) /.test(call));
      assertEquals(
        freed.toSorted(),
        [
          ...[...own, ...THEIRS, "close 19"],
          ...["free 20n", "free 21n", "free 22n"],
        ].toSorted(),
      );
      const destroyed = calls.filter((call) => call.includes("destroy"));
      assertEquals(destroyed.length, 2);
      const later = steps.slice(steps.indexOf(step) + 1, 4);
      assertEquals(calls.filter((call) => later.includes(call)), []);
    });
  }
  await t.step("no process", () => {
    const { start } = recorded({ posix_spawn: 0 });
    assertThrows(() => start([]), CommandError, "failed with error 0");
  });
  const full = "Cannot start a program: too many files are open";
  for (const step of ["socketpair", "setDescriptorFlags", "open"]) {
    await t.step(`${step}, as too many files are open`, () => {
      const { calls, start } = recorded({ [step]: -1 });
      assertThrows(() => start(["go"]), CommandError, full);
      const pairs = { socketpair: 0, setDescriptorFlags: 1, open: 3 }[step];
      const closed = calls.filter((call) => call.startsWith("close "));
      const copies = step === "open" ? 3 : 0;
      assertEquals(closed.length, 2 * (pairs ?? 0) + copies);
      assertFalse(calls.some((call) => call.startsWith("posix")));
    });
  }
});
