/** Each "may not" of the design, tried: by commands, and by layer workers. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openAgent } from "../../../src/engine/agent.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import type { Attempts, Outcomes } from "../../support/programs/probe.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const file = (path: string) => fromFileUrl(new URL(path, import.meta.url));
const LAUNCHER = file("../../../scripts/orlop");
const PROBE = file("../../support/programs/probe.ts");
const REAL_DENO = Deno.execPath();
// What is refused, as Deno names it.
const NO = "NotCapable";

/** A server that answers, to be reached or not. */
function serve(): { readonly host: string } & AsyncDisposable {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hello"),
  );
  return {
    host: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Runs the probe with the permissions that a command gets. */
async function probe(
  dir: TempDir,
  command: string,
  attempts: Attempts,
): Promise<Outcomes> {
  const stub = dir.join("deno");
  await Deno.writeTextFile(
    stub,
    `#!/bin/sh
[ "$1" = run ] || exec "${REAL_DENO}" "$@"
for word; do
  shift
  case $word in */main.ts) word=${PROBE} ;; esac
  set -- "$@" "$word"
done
exec "${REAL_DENO}" "$@"
`,
    { mode: 0o755 },
  );
  const { stdout, stderr, success } = await new Deno.Command(LAUNCHER, {
    args: [...command.split(" "), command, JSON.stringify(attempts)],
    env: {
      ORLOP_DENO: stub,
      ORLOP_ROOT: dir.join("root"),
      ORLOP_RUNROOT: dir.join("run"),
    },
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

Deno.test({
  name: "a command cannot do what it does not need",
  ...needs("mount", "findmnt", "tar", "runc"),
  fn: async (t) => {
    using dir = tempDir();
    await using server = serve();
    await Deno.mkdir(dir.join("root"));
    const cases: readonly [string, string[]][] = [
      ["images", []],
      ["df", ["mount", "findmnt", "runc"]],
      ["gc", ["mount", "findmnt", "runc"]],
      ["container start", ["mount", "findmnt"]],
      ["pull", ["net", "mount", "findmnt", "tar"]],
      ["run", ["net", "mount", "findmnt", "tar", "runc"]],
      ["serve", ["net", "mount", "findmnt", "tar", "runc", "sh", "hostname"]],
    ];
    const store = dir.join("root/x");
    const attempts = {
      hosts: [server.host],
      reads: [],
      writes: [store, dir.join("beside"), "/etc/orlop-probe"],
      programs: ["mount", "findmnt", "tar", "runc", "sh", "env"]
        .map((name) => `/usr/bin/${name}`),
    };
    for (const [command, may] of cases) {
      await t.step(command, async () => {
        const allowed = (what: string) => may.includes(what) ? "done" : NO;
        const programs = attempts.programs.map((path) => [
          `run ${path}`,
          existing(path) || !may.includes(baseOf(path))
            ? allowed(baseOf(path))
            : NO,
        ]);
        assertEquals(await probe(dir, command, attempts), {
          // Bound by main.ts first of all, and then out of reach.
          libc: "bound",
          ffi: NO,
          "env PATH": NO,
          hostname: allowed("hostname"),
          "worker with more": NO,
          [`fetch ${server.host}`]: allowed("net"),
          [`connect ${server.host}`]: allowed("net"),
          [`write ${store}`]: "done",
          [`write ${dir.join("beside")}`]: NO,
          "write /etc/orlop-probe": NO,
          ...Object.fromEntries(programs),
        });
      });
    }
  },
});

Deno.test({
  name: "a compiled file gives up what its command does not need",
  ...needs("mount", "tar", "runc"),
  fn: async (t) => {
    await using server = serve();
    const script = `. "${file("../../../scripts/lib/permissions.sh")}"
      union_permissions; echo "$permissions"`;
    const flags = (await outputOf("sh", ["-c", script])).trim().split(" ");
    const attempts = {
      hosts: [server.host],
      reads: [],
      writes: [],
      programs: ["mount", "tar", "runc", "sh"].map((name) =>
        `/usr/bin/${name}`
      ),
    };
    const cases = [
      ["images", [NO, NO, NO, NO, NO]],
      ["gc", [NO, "done", NO, "done", NO]],
      ["pull", ["done", "done", "done", NO, NO]],
      ["serve", ["done", "done", "done", "done", "done"]],
    ] as const;
    for (const [command, expected] of cases) {
      await t.step(command, async () => {
        const outcomes = JSON.parse(
          await outputOf(REAL_DENO, [
            ...["run", "--quiet", "--no-prompt", "--unstable-worker-options"],
            ...[...flags, PROBE, command, JSON.stringify(attempts)],
          ]),
        );
        const names = [
          `fetch ${server.host}`,
          ...attempts.programs.map((path) => `run ${path}`),
        ];
        assertEquals(names.map((name) => outcomes[name]), [...expected]);
        assertEquals([outcomes.libc, outcomes.ffi], ["bound", NO]);
      });
    }
  },
});

async function outputOf(program: string, args: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(program, { args })
    .output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function existing(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // elsewhere on this machine
  }
}

Deno.test({
  name: "each worker of a pull reaches what is its own, and no more",
  ...needs(...REGISTRY_PROGRAMS),
  fn: async (t) => {
    using dir = tempDir();
    await using registry = await startRegistry();
    await using other = serve();
    await writeLayout(dir.join("image"), [await layerOf({ a: "a" })]);
    await registry.pushLayout(`${dir.join("image")}:latest`, "image:1");
    const agent = openAgent({
      root: dir.join("root"),
      runRoot: dir.join("run"),
    });
    const { port } = new URL(`http://${registry.host}`);
    const records = dir.join("root/overlay-layers/layers.json");
    const attempts = {
      hosts: [registry.host, other.host, `localhost:${port}`],
      reads: ["/etc/passwd", records],
      writes: [records, dir.join("root/overlay/x"), "/tmp/orlop-probe"],
      programs: ["/usr/bin/mount", "/usr/bin/tar", "/bin/sh"],
    };
    const name = `${registry.host}/image:1`;
    using _probes = replaceWorkers(attempts);
    const found = await pullImage(agent, name, { tlsVerify: false })
      .catch((error: Error) => error.message);
    const { directory, path, outcomes } = JSON.parse(String(found));
    const own = [`write ${directory}/x`, `read ${path}`];
    for (const [attempt, outcome] of Object.entries(outcomes)) {
      await t.step(attempt, () => {
        assertEquals(outcome, own.includes(attempt) ? "done" : NO);
      });
    }
    assert(own.every((attempt) => attempt in outcomes));
    assert(directory.startsWith(dir.join("root/")));
  },
});

/** Starts a probe instead of each worker, with that worker's permissions. */
function replaceWorkers(attempts: Attempts): Disposable {
  const RealWorker = globalThis.Worker;
  globalThis.Worker = class extends RealWorker {
    constructor(_url: string | URL, options?: WorkerOptions) {
      super(
        new URL("../../support/programs/probe_worker.ts", import.meta.url),
        {
          ...options,
          type: "module",
          name: JSON.stringify(attempts),
        },
      );
    }
  };
  return {
    [Symbol.dispose]() {
      globalThis.Worker = RealWorker;
    },
  };
}
