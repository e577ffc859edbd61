import { assert, assertEquals } from "@std/assert";
import { openHost } from "../../src/process/host.ts";
import { libc } from "../support/own_libc.ts";
import { needs, needsThat } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const { ignore } = needsThat(libc !== undefined, "libc cannot be bound");

Deno.test("openHost() reads each limit that the kernel lists", {
  ignore,
}, async (t) => {
  const names: Readonly<Record<string, string>> = {
    cpu: "Max cpu time",
    fsize: "Max file size",
    data: "Max data size",
    stack: "Max stack size",
    core: "Max core file size",
    rss: "Max resident set",
    nproc: "Max processes",
    nofile: "Max open files",
    memlock: "Max locked memory",
    as: "Max address space",
    locks: "Max file locks",
    sigpending: "Max pending signals",
    msgqueue: "Max msgqueue size",
    nice: "Max nice priority",
    rtprio: "Max realtime priority",
    rttime: "Max realtime timeout",
  };
  const { stdout } = await new Deno.Command("cat", {
    args: ["/proc/self/limits"],
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  const host = openHost(libc);
  for (const [resource, name] of Object.entries(names)) {
    await t.step(resource, () => {
      const line = lines.find((one) => one.startsWith(name)) ?? "";
      const [soft, hard] = line.slice(25).trim().split(/\s+/).map((word) =>
        word === "unlimited" ? 2n ** 64n - 1n : BigInt(word.replace(/\D+/, "0"))
      );
      assertEquals(host.readLimit(resource), { soft, hard });
    });
  }
  for (const resource of ["none", "constructor", ""]) {
    assertEquals(host.readLimit(resource), undefined);
  }
});

Deno.test("openHost() tells the same of files with libc and without", {
  ignore,
}, async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "", { mode: 0o640 });
  await Deno.symlink("file", dir.join("link"));
  const paths = ["file", "link", "none"].map((name) => dir.join(name));
  const host = openHost(libc);
  const plain = openHost(undefined);
  for (const path of [...paths, dir.path, "/dev/null", "/dev/tty"]) {
    await t.step(path, () => {
      const found = host.readStatus(path);
      const { mode, uid, gid, major, minor } = found ?? {};
      const known = found && { mode, uid, gid, major, minor };
      // A device number says nothing of what is no device.
      const isDevice = ((mode ?? 0) & 0o170000) === 0o020000;
      const expected = plain.readStatus(path);
      assertEquals(
        known && (isDevice ? known : { ...known, major: 0, minor: 0 }),
        expected,
      );
    });
  }
});

Deno.test("openHost() knows what Deno tells without libc", {
  permissions: { read: true, sys: ["hostname", "uid"] },
}, () => {
  const host = openHost(undefined);
  assertEquals(host.readHostname(), Deno.hostname());
  assertEquals(host.readLimit("nofile"), undefined);
  assertEquals(host.readCapabilities(), undefined);
  assertEquals(host.readOomScore(), undefined);
});

Deno.test("openHost() knows no name that it may not ask for", {
  permissions: { read: true },
}, () => {
  assertEquals(openHost(undefined).readHostname(), undefined);
});

Deno.test("openHost() reads how readily it is killed", { ignore }, () => {
  const score = openHost(libc).readOomScore();
  assert(score !== undefined && score >= -1000 && score <= 1000);
  assertEquals(openHost(libc).readCapabilities(), libc?.readCapabilities());
});

Deno.test("openHost() splits numbers of devices as glibc does", {
  ...needs("root", "mknod"),
}, async () => {
  using dir = tempDir();
  const devices = [["c", 1, 3], ["b", 259, 0x12345], ["c", 4095, 255]] as const;
  for (const [type, major, minor] of devices) {
    const path = dir.join(`${major}-${minor}`);
    const args = [path, type, `${major}`, `${minor}`];
    const { success } = await new Deno.Command("mknod", { args }).output();
    assert(success);
    const status = openHost(undefined).readStatus(path);
    assertEquals([status?.major, status?.minor], [major, minor]);
  }
});
