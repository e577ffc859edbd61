import { assertEquals, assertRejects } from "@std/assert";
import { prepareRoot } from "../../../src/engine/containers/prepare_root.ts";
import type { RuntimeSpec } from "../../../src/formats/oci/runtime_spec.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { isRoot } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

function template(cwd: string, ...destinations: string[]): RuntimeSpec {
  return {
    ociVersion: "1.0.2",
    process: { cwd, user: { uid: 1000, gid: 1000 } },
    mounts: destinations.map((destination) => ({ destination })),
  };
}

function names(path: string): readonly string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).toSorted();
}

Deno.test("prepareRoot() makes working directory and volumes", async () => {
  using dir = tempDir();
  const volumes = ["/data", "logs", "/data/deep", "/nul\0", "", "/", "/.."];
  await prepareRoot(dir.path, { template: template("/srv/app"), volumes });
  assertEquals(names(dir.path), ["data", "logs", "srv"]);
  for (const made of ["srv/app", "data/deep", "logs"]) {
    const { uid, isDirectory } = await Deno.lstat(dir.join(made));
    assertEquals([isDirectory, isRoot ? uid : 1000], [true, 1000]);
  }
});

Deno.test("prepareRoot() makes no end of volumes", async () => {
  using dir = tempDir();
  const volumes = Array.from({ length: 1001 }, (_, index) => `/v${index}`);
  const deep = ["x", "y", "z"].map((name) => `/${name}${"/a".repeat(4000)}`);
  const table: [readonly string[], string][] = [
    [volumes, "Cannot make the volumes of the image: it wants 1001 with"],
    [deep, "3 with 12006 directories, at most 1000 with 10000"],
    [[`/data/${"x".repeat(256)}`], "name too long"],
    [[`/data${"/a".repeat(2048)}`], "path too long"],
  ];
  for (const [wanted, message] of table) {
    await assertRejects(
      () => prepareRoot(dir.path, { template: template("/"), volumes: wanted }),
      TypeError,
      message,
    );
    assertEquals(names(dir.path), []);
  }
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () =>
      prepareRoot(dir.path, {
        template: template("/"),
        volumes: volumes.slice(1),
        signal,
      }),
    Error,
    "enough",
  );
  assertEquals(names(dir.path), []);
});

Deno.test("prepareRoot() leaves places of mounts to the runtime", async (t) => {
  using dir = tempDir();
  await Deno.symlink("/run", dir.join("varrun"));
  const mounts = ["/proc", "/data", "/varrun"];
  const places = ["/data", "/data/x", "/run", "/run/x", "/proc/1", "/varrun/y"];
  for (const place of places) {
    await t.step(place, async () => {
      await prepareRoot(dir.path, {
        template: template(place, ...mounts),
        volumes: [place],
      });
      assertEquals(names(dir.path), ["varrun"]);
    });
  }
});

Deno.test("prepareRoot() lets volumes of a read-only root be written to", async () => {
  using dir = tempDir();
  await Deno.symlink("/real", dir.join("link"));
  await Deno.writeTextFile(dir.join("file"), "");
  const spec = template("/", "/data");
  const volumes = ["/link/x", "logs", "/data/x", "/", "/file"];
  const writable = await prepareRoot(dir.path, { template: spec, volumes });
  assertEquals(writable, []);
  const root = { path: "rootfs", readonly: true };
  const readOnly = { ...spec, root };
  const mounts = await prepareRoot(dir.path, { template: readOnly, volumes });
  const places = mounts.map(({ destination, source }) => [destination, source]);
  assertEquals(places, [
    ["/link/x", dir.join("real/x")],
    ["/logs", dir.join("logs")],
  ]);
});

Deno.test("prepareRoot() takes files for volumes, but no working directory", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "text");
  await prepareRoot(dir.path, { template: template("/"), volumes: ["/file"] });
  for (const cwd of ["/file", "/file/x"]) {
    await assertRejects(
      () => prepareRoot(dir.path, { template: template(cwd), volumes: [] }),
      TypeError,
      `Cannot use working directory "${cwd}": the container has something else`,
    );
  }
});

Deno.test("prepareRoot() refuses what a runtime would hang on", async (t) => {
  using dir = tempDir();
  await runCommand("/usr/bin/mkfifo", [dir.join("fifo")]);
  await Deno.mkdir(dir.join("etc"));
  await Deno.mkdir(dir.join("full"));
  await Deno.writeTextFile(dir.join("passwd"), "");
  const bad = ["/fifo", "/full", "/dev/zero", "/proc/self/fd/0", "/sys/x"];
  const good = ["/passwd", "/nowhere", "/data/passwd"];
  for (const file of ["passwd", "group"]) {
    for (const target of [...bad, ...good]) {
      await t.step(`/etc/${file} -> ${target}`, async () => {
        await Deno.symlink(target, dir.join("etc", file));
        const prepare = (...mounts: string[]) =>
          prepareRoot(dir.path, {
            template: template("/", "/dev", "/data", ...mounts),
            volumes: [],
          });
        if (bad.includes(target)) {
          await assertRejects(
            () => prepare(),
            TypeError,
            `Cannot use "/etc/${file}" of the container: it is no regular file`,
          );
        } else await prepare();
        await Deno.remove(dir.join("etc", file));
      });
    }
  }
  await t.step("behind a volume of the caller's", async () => {
    await Deno.rename(dir.join("fifo"), dir.join("etc/passwd"));
    await prepareRoot(dir.path, {
      template: template("/", "/etc/passwd"),
      volumes: [],
    });
  });
});

Deno.test("prepareRoot() refuses what a container left in a volume to hang on", async (t) => {
  using dir = tempDir();
  using volume = tempDir();
  await Deno.mkdir(dir.join("etc"));
  const mount = { destination: "/etc", type: "bind", source: volume.path };
  const spec = { ...template("/"), mounts: [mount] };
  const prepare = () => prepareRoot(dir.path, { template: spec, volumes: [] });
  await prepare(); // there is nothing
  await Deno.writeTextFile(volume.join("passwd"), "");
  await prepare();
  assertEquals(await Deno.readTextFile(volume.join("passwd")), "");
  await runCommand("/usr/bin/mkfifo", [volume.join("group")]);
  for (const file of ["group", "passwd"]) {
    await t.step(file, async () => {
      await assertRejects(
        prepare,
        TypeError,
        `Cannot use "/etc/${file}" of the container: it is no regular file`,
      );
      await Deno.rename(volume.join(file), volume.join("passwd"));
    });
  }
});

Deno.test("prepareRoot() looks for what a container hangs on where it is", async (t) => {
  using dir = tempDir();
  using volume = tempDir();
  await Deno.mkdir(dir.join("etc"));
  const fifo = volume.join("passwd");
  await runCommand("/usr/bin/mkfifo", [fifo]);
  const source = volume.path;
  const [bind, tmpfs] = ["bind", "tmpfs"];
  type Mount = Readonly<Record<"destination" | "type" | "source", string>>;
  const cases: Readonly<Record<string, readonly [Mount[], "bad" | "good"]>> = {
    "in a directory of the host": [
      [{ destination: "/etc", type: bind, source }],
      "bad",
    ],
    "in one with a path that is not clean": [
      [{ destination: "etc/.", type: bind, source }],
      "bad",
    ],
    "in a file system of its own": [
      [{ destination: "/etc", type: tmpfs, source }],
      "good",
    ],
    "in a directory that is no path": [
      [{ destination: "/etc", type: bind, source: source.slice(1) }],
      "good",
    ],
    "in the file that the caller named": [
      [{ destination: "/etc/passwd", type: bind, source: fifo }],
      "good",
    ],
    "in a mount over it": [[
      { destination: "/etc", type: bind, source },
      { destination: "/etc", type: tmpfs, source: "tmpfs" },
    ], "good"],
    "in a mount below another": [[
      { destination: "/etc", type: tmpfs, source: "tmpfs" },
      { destination: "/etc", type: bind, source },
    ], "bad"],
    "in a mount elsewhere": [
      [{ destination: "/etc2", type: bind, source }],
      "good",
    ],
  };
  for (const [name, [mounts, expected]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const spec = { ...template("/"), mounts } as RuntimeSpec;
      const prepare = () =>
        prepareRoot(dir.path, { template: spec, volumes: [] });
      if (expected === "good") return void await prepare();
      await assertRejects(
        prepare,
        TypeError,
        'Cannot use "/etc/passwd" of the container: it is no regular file',
      );
    });
  }
});

Deno.test("prepareRoot() refuses a directory that leads to open files", async (t) => {
  using dir = tempDir();
  const root = dir.join("root");
  const volume = dir.join("volume");
  for (const path of [root, `${root}/srv`, volume]) await Deno.mkdir(path);
  await Deno.symlink("/proc/self/fd/7", `${root}/link`);
  await Deno.symlink("../link", `${root}/srv/again`);
  await Deno.symlink("/dev/fd", `${root}/descriptors`);
  await Deno.symlink("/proc/self/fd/7", `${volume}/link`);
  await Deno.symlink("/srv", `${root}/fine`);
  await Deno.symlink("/proc/self/fd/7/../../../..", `${root}/up`);
  const bind = { destination: "/data", type: "bind", source: volume };
  const proc = { destination: "/other", type: "proc", source: "proc" };
  const host = { destination: "/host", type: "bind", source: "/proc" };
  const everything = { destination: "/all", type: "bind", source: "/" };
  const mounts = [bind, proc, host, everything];
  const cases: readonly (readonly [string, "refused" | "taken"])[] = [
    ["/srv", "taken"],
    ["/fine", "taken"],
    ["/data/x", "taken"],
    ["/other", "taken"],
    ["/host/sys", "taken"],
    ["/link", "refused"],
    ["/srv/again", "refused"],
    ["/descriptors/7", "refused"],
    ["/up", "refused"],
    ["/link/../../../..", "refused"],
    ["/proc/self/fd/7/../../../..", "refused"],
    ["/data/link/../../../..", "refused"],
    ["/data/link", "refused"],
    ["/other/self/fd/7", "refused"],
    ["/host/self/fd/7", "refused"],
    ["/all/proc/1/root", "refused"],
    ["/proc/self/fd/7", "refused"],
  ];
  for (const [cwd, expected] of cases) {
    await t.step(cwd, async () => {
      const spec = { ...template(cwd), mounts };
      const prepare = () => prepareRoot(root, { template: spec, volumes: [] });
      if (expected === "taken") return void await prepare();
      await assertRejects(prepare, TypeError, "what a process has open");
    });
  }
});
