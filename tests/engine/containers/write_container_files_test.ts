import { assert, assertEquals } from "@std/assert";
import { writeContainerFiles } from "../../../src/engine/containers/write_container_files.ts";
import type { RuntimeSpec } from "../../../src/formats/oci/runtime_spec.ts";
import { ADDED_HOSTS } from "../../../src/formats/oci/annotations.ts";
import { libc } from "../../support/own_libc.ts";
import { tempDir } from "../../support/temp_dir.ts";

const FILES = ["hostname", "hosts", "resolv.conf"];

/** A template whose mounts refer to files of the bundle. */
function template(
  network: string | undefined | "none",
  changes: Partial<RuntimeSpec> = {},
): RuntimeSpec {
  const namespaces = network === "none" ? [] : [
    { type: "ipc" },
    { type: "network", ...network !== undefined && { path: network } },
  ];
  return {
    ociVersion: "1.0.2",
    process: { args: ["/a"], cwd: "/", user: { uid: 0, gid: 0 } },
    mounts: FILES.map((source) => ({
      ...{ type: "bind", source, destination: `/etc/${source}` },
      options: ["bind"],
    })),
    linux: { namespaces },
    ...changes,
  } as unknown as RuntimeSpec;
}

async function write(template: RuntimeSpec, bundle: string) {
  writeContainerFiles({ bundle, template, name: "app", libc });
  const names = (await Array.fromAsync(Deno.readDir(bundle)))
    .map(({ name }) => name).toSorted();
  const texts = await Promise.all(
    names.map((name) => Deno.readTextFile(`${bundle}/${name}`)),
  );
  return Object.fromEntries(names.map((name, at) => [name, texts[at] ?? ""]));
}

const readHost = (name: string) =>
  Deno.readTextFile(`/etc/${name}`).catch(() => "");

Deno.test("writeContainerFiles() writes what mounts refer to, and replaces it", async () => {
  using dir = tempDir();
  const before = Deno.umask(0o077);
  try {
    await Deno.mkdir(dir.join("hosts"));
    await Deno.writeTextFile(dir.join("hosts/odd"), "");
    const spec = template("none", { hostname: "own" });
    const files = await write(spec, dir.path);
    assertEquals(Object.keys(files), FILES);
    assertEquals(files["hostname"], "own\n");
    // It shares the network of the host.
    const last = files["hosts"]?.trimEnd().split("\n").at(-1);
    assertEquals(last, "127.0.0.1\thost.containers.internal");
    for (const name of FILES) {
      const { mode } = await Deno.stat(dir.join(name));
      assertEquals((mode ?? 0) & 0o777, 0o644);
    }
    // Not in place: a process may have the old one mounted.
    using old = await Deno.open(dir.join("hostname"));
    await write({ ...spec, hostname: "new" }, dir.path);
    const text = await new Response(old.readable).text();
    assertEquals(text, "own\n");
    assertEquals(await Deno.readTextFile(dir.join("hostname")), "new\n");
  } finally {
    Deno.umask(before);
  }
});

Deno.test("writeContainerFiles() writes nothing without mounts", async () => {
  using dir = tempDir();
  const spec = template("none", { mounts: [] });
  assertEquals(await write(spec, dir.path), {});
});

Deno.test("writeContainerFiles() names a container without a name as the host", async () => {
  using dir = tempDir();
  const name = (await readHost("hostname")).trim() || "app";
  assertEquals(
    (await write(template("none"), dir.path))["hostname"],
    `${name}\n`,
  );
});

Deno.test("writeContainerFiles() takes the files of a pod with a network", async () => {
  using pod = tempDir();
  await Deno.writeTextFile(pod.join("hosts"), "10.0.0.2\tweb\n");
  await Deno.writeTextFile(pod.join("resolv.conf"), "nameserver 10.9.9.9\n");
  using bundle = tempDir();
  const files = await write(template(pod.join("net")), bundle.path);
  assertEquals(files["resolv.conf"], "nameserver 10.9.9.9\n");
  assert(files["hosts"]?.startsWith("10.0.0.2\tweb\n"));
  // Not if that has none, nor for a network of its own.
  await Deno.remove(pod.join("hosts"));
  using other = tempDir();
  const host = await readHost("resolv.conf");
  const without = await write(template(pod.join("net")), other.path);
  assert(!(without["resolv.conf"] === "nameserver 10.9.9.9\n"));
  const last = without["hosts"]?.trimEnd().split("\n").at(-1) ?? "";
  assert(/^127\.0\.0\.1\t(?:\S+ )?app$/.test(last), last);
  using isolated = tempDir();
  const spec = template(undefined, {
    hostname: "own",
    annotations: { [ADDED_HOSTS]: "10.1.1.1 added" },
  });
  const { hosts = "" } = await write(spec, isolated.path);
  assert(hosts.startsWith("10.1.1.1\tadded\n"), hosts);
  assert(hosts.endsWith("127.0.0.1\town app\n"), hosts);
  using shared = tempDir();
  const own = await write(template("none"), shared.path);
  assertEquals(own["resolv.conf"], host);
});
