/** Whatever is wrong with a machine or an input: no line of the runtime's own. */

import { assert, assertMatch, assertNotMatch } from "@std/assert";
import { needs } from "../../support/peers.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** What Deno, Rust, V8 and Node print, and no user of orlop can make use of. */
const FOREIGN =
  /os error|Requires \w+ access|--allow-|panicked|RUST_BACKTRACE|Stack backtrace|\bat (file|ext):|Uncaught|\b[Dd]eno\b|\bE[A-Z]{3,}: |Caused by|is not a function/;

/** A shell command in a new folder, where `$O` is orlop, and `$W` the folder. */
interface Case {
  readonly name: string;
  readonly command: string;
  readonly code: number;
  readonly text: RegExp;
  readonly needs?: readonly string[];
}

const SETUP = `
echo x >file; mkdir dir; ln -s loop loop; mkfifo fifo
echo 'root = "/x' >open.toml; echo 'root = 5' >number.toml; echo 'rot = "x"' >unknown.toml
`;

const ONE_LINE = /^orlop: Cannot [^\n]+$/;

const cases: readonly Case[] = [
  // Where the store is to be.
  store("a device", "/dev/null", /"\/dev\/null/),
  store("below a device", "/dev/null/x", /"\/dev\/null\/x/),
  store("in /proc", "/proc/x", /in \/dev, \/proc or \/sys/),
  store("in /sys", "/sys/x", /in \/dev, \/proc or \/sys/),
  store("a file", "$W/file", /file" is not a directory/),
  store("below a file", "$W/file/x", /file" is not a directory/),
  store(
    "a link to itself",
    "$W/loop",
    /is a symbolic link to "loop", which is not there/,
  ),
  store("a name with a comma", "$W/a,b", /comma/),
  store("a name with a colon", "$W/a:b", /without control characters/),
  store("a name of two lines", "$W/a\nb", /without control characters/),
  store("a name that is too long", `$W/${"x".repeat(300)}`, /name is too long/),
  store("a read-only file system", "/sys/fs/x", /\/sys/),
  {
    name: "--runroot: a device",
    command: `$O --runroot /dev/null pod create x`,
    code: 1,
    text: /"\/dev\/null"/,
  },
  {
    name: "a store on a read-only file system",
    command: `mkdir ro && mount -t tmpfs -o ro tmpfs ro && {
      code=0; $O --root $W/ro/s pod create x || code=$?; umount ro; exit $code; }`,
    code: 1,
    text: /^orlop: Cannot make ".*": the file system is read-only$/,
    needs: ["root", "mount"],
  },
  {
    name: "a store of another user",
    command: `chmod 711 . && mkdir theirs home && chmod 700 theirs &&
      chown 65534 home && export HOME=$W/home && setpriv --reuid=65534 --clear-groups $O --root $W/theirs/s --runroot $W/theirs/r pod create x`,
    code: 1,
    text: /permission denied \(orlop needs root: try it with sudo\)$/,
    needs: ["root", "setpriv"],
  },
  // Settings.
  settings("that are not there", "$W/none", /no such file or directory/),
  settings("that are a directory", "$W/dir", /it is no regular file/),
  settings("that never end", "/dev/zero", /it is no regular file/),
  settings("that nobody writes", "$W/fifo", /it is no regular file/),
  settings("cut short", "$W/open.toml", /Invalid TOML/),
  settings("with a number", "$W/number.toml", /"root" must be a text/),
  settings("that are unknown", "$W/unknown.toml", /did you mean "root"/),
  settings("of the kernel", "/proc/1/environ", /./),
  // A file for the log.
  log("that is a directory", "$W/dir", /it is a directory|no regular file/),
  log("in a directory that is not there", "$W/no/log", /no such file/),
  log("that is a device", "/dev/full", /in \/dev, \/proc or \/sys/),
  log("with a comma", "$W/a,b", /comma/),
  // Layouts, and files of registries.
  pull("a layout that is not there", "oci:$W/none", /it has no oci-layout/),
  pull("a layout that is a file", "oci:$W/file", /no directory/),
  pull("a layout that is a device", "oci:/dev/null", /\/dev/),
  pull("a layout in /proc", "oci:/proc/1", /\/proc/),
  pull(
    "with credentials that are a directory",
    "--authfile $W/dir a.b/c",
    /no regular file/,
  ),
  pull(
    "with credentials that never end",
    "--authfile /dev/zero a.b/c",
    /no regular file/,
  ),
  pull(
    "with certificates that are not",
    "--cert-dir $W/file localhost:1/c",
    /./,
  ),
  {
    name: "registries.conf that is a directory",
    command: "CONTAINERS_REGISTRIES_CONF=$W/dir $O pull localhost:1/x",
    code: 1,
    text: /^orlop: Cannot read ".*dir": it is no regular file$/,
  },
  {
    name: "metrics in a directory that is not there",
    command: "$O gc --metrics $W/no/such",
    code: 1,
    text: ONE_LINE,
  },
  {
    name: "metrics in /dev",
    command: "$O gc --metrics /dev/null",
    code: 1,
    text: /\/dev/,
  },
  {
    name: "a reference of 5000 characters",
    command: `$O pull localhost:1/x:${"x".repeat(5000)}`,
    code: 2,
    text: /^orlop: Cannot parse reference .* longer than/,
  },
  {
    name: "an argument of 100,000 characters",
    command: `$O image inspect "$(head -c 100000 /dev/zero | tr '\\0' x)"`,
    code: 3,
    text: /Cannot find image/,
  },
  // What a process starts with.
  {
    name: "a current directory that is gone",
    command: "mkdir gone && cd gone && rmdir ../gone && $O images",
    code: 125,
    text: /orlop: Cannot start: the current directory is gone; go to another/,
  },
  {
    name: "few open files, that cannot be more",
    command: "ulimit -n 16; $O images",
    code: 125,
    text: /^orlop: Cannot start: no more than 16 files are allowed/,
  },
  {
    name: "few open files, that can be more",
    command: "ulimit -S -n 16; $O images",
    code: 0,
    text: /^REPOSITORY/,
  },
  {
    name: "little memory",
    command: "ulimit -v 4000000; $O images",
    code: 125,
    text: /^orlop: Cannot start: no more than 4000000 KiB of addresses/,
  },
  {
    name: "a small stack, that cannot be more",
    command: "ulimit -s 256; $O images",
    code: 125,
    text: /^orlop: Cannot start: no more than 256 KiB of stack are allowed/,
  },
  {
    name: "a small stack, that can be more",
    command: "ulimit -S -s 256; $O images",
    code: 0,
    text: /^REPOSITORY/,
  },
  {
    name: "no /proc",
    command: `unshare --mount sh -c 'umount -l /proc; exec "$0" images' "$O"`,
    code: 125,
    text: /^orlop: Cannot start: \/proc is missing/,
    needs: ["root", "unshare"],
  },
  {
    name: "a stdout that is closed",
    command: "$O images >&-",
    code: 1,
    text: /^orlop: Cannot write to stdout: it is closed$/,
  },
  {
    name: "a stdout that is closed, and nothing to write",
    command: "$O gc --quiet >&-",
    code: 0,
    text: /^$/,
  },
  {
    name: "a stdout that is full",
    command: "$O images >/dev/full",
    code: 1,
    text: /^orlop: Cannot write to stdout: no space left on device$/,
  },
  {
    name: "a stdout that nobody reads",
    command: "sleep 1 | $O images 2>&1 | true",
    code: 0,
    text: /^$/,
  },
  { name: "no stdin", command: "$O images <&-", code: 0, text: /^REPOSITORY/ },
  {
    name: "a stderr that is closed",
    command: "$O imagex 2>&-",
    code: 2,
    text: /^$/,
  },
  {
    name: "a stderr that is full",
    command: "$O imagex 2>/dev/full",
    code: 2,
    text: /^$/,
  },
  {
    name: "a language that there is not",
    command: "LANG=xx_YY.UTF-99 LC_ALL=bogus TZ=Nowhere/None $O images",
    code: 0,
    text: /^REPOSITORY/,
  },
  {
    name: "HOME and its like that are no directories",
    command:
      "HOME=/dev/null XDG_CONFIG_HOME=$W/file XDG_RUNTIME_DIR=none DOCKER_CONFIG=/proc $O pull localhost:1/x",
    code: 6,
    text: /^orlop: Cannot reach "localhost:1": connection refused/,
  },
];

function store(name: string, path: string, text: RegExp): Case {
  const command = `$O --root "${path}" pod create x`;
  return { name: `--root: ${name}`, command, code: -1, text };
}

function settings(name: string, path: string, text: RegExp): Case {
  const command = `$O --config "${path}" images`;
  return { name: `settings ${name}`, command, code: 2, text };
}

function log(name: string, path: string, text: RegExp): Case {
  const command = `$O --log-file "${path}" images`;
  return { name: `a log ${name}`, command, code: -1, text };
}

function pull(name: string, words: string, text: RegExp): Case {
  return { name: `pull: ${name}`, command: `$O pull ${words}`, code: -1, text };
}

/** Runs a shell command as {@linkcode Case} says. */
async function run(command: string, folder: string) {
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: ["60", "sh", "-c", SETUP + command],
    cwd: folder,
    env: {
      O: ORLOP,
      W: folder,
      ORLOP_DENO: Deno.execPath(),
      ORLOP_ROOT: `${folder}/root`,
      ORLOP_RUNROOT: `${folder}/runroot`,
      NO_COLOR: "1",
    },
    stdin: "null",
  }).output();
  const [out = "", err = ""] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes).trimEnd()
  );
  return { code, text: out + err };
}

Deno.test("orlop speaks in its own words", async (t) => {
  for (const { name, command, code, text, needs: programs = [] } of cases) {
    if (programs.length > 0 && needs(...programs).ignore) continue;
    await t.step(name, async () => {
      using dir = tempDir();
      const result = await run(command, dir.path);
      // The launcher from source has another code for what it says itself.
      const codes = code === 125
        ? [1, 125]
        : code < 0
        ? [1, 2, 3, 6, 125]
        : [code];
      assert(codes.includes(result.code), `${result.code}: ${result.text}`);
      assertNotMatch(result.text, FOREIGN);
      assertMatch(result.text, text);
    });
  }
});

Deno.test("a log has all lines, however the command ends", async (t) => {
  const cases: readonly [string, string, RegExp][] = [
    ["by failure", "$O pull localhost:1/x", /Cannot reach "localhost:1"/],
    [
      "by a signal",
      "$O pull --tls-verify=false 127.0.0.1:$PORT/x & pulling=$!; " +
      "until [ -e $CONNECTED ]; do sleep 0.1; done; kill -s TERM $pulling; wait",
      /Stopped by SIGTERM/,
    ],
  ];
  using place = tempDir();
  const connected = place.join("connected");
  await using silent = listenInSilence(() =>
    Deno.writeTextFileSync(connected, "")
  );
  for (const [name, command, last] of cases) {
    await t.step(name, async () => {
      using dir = tempDir();
      const flags = "--log-level=debug --log-file=log";
      const port = `PORT=${silent.addr.port} CONNECTED=${connected}; `;
      await run(port + command.replace("$O ", `$O ${flags} `), dir.path);
      const log = dir.join("log");
      assertMatch(await Deno.readTextFile(log), last);
      assert(((await Deno.stat(log)).mode ?? 0) % 0o1000 === 0o600);
    });
  }
});

/** Takes connections, and answers none. */
function listenInSilence(onConnection: () => void) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const listening = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      onConnection();
    }
  })();
  return {
    addr: listener.addr,
    async [Symbol.asyncDispose]() {
      listener.close();
      await listening;
      for (const connection of connections) connection.close();
    },
  };
}
