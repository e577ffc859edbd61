import { assertEquals, assertThrows } from "@std/assert";
import {
  type OverlayRequest,
  planOverlay,
} from "../../src/mount/plan_overlay.ts";

const HOME = "/var/lib/orlop/overlay";
const SHORT = "l/MSMZTW3HK3OLHZ66GONE2P2FON";
const OTHER = "l/YD3OJKANJOG42X7HRZ6HM3VXFA";

function plan(changes: Partial<OverlayRequest> = {}) {
  return planOverlay({
    home: HOME,
    layerId: "abc",
    lower: [SHORT, OTHER],
    access: "read-write",
    ...changes,
  });
}

function shortNames(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) => `l/${String(index).padStart(26, "A")}`,
  );
}

Deno.test("planOverlay() names all as containers/storage does", () => {
  assertEquals(plan(), {
    source: "overlay",
    target: `${HOME}/abc/merged`,
    type: "overlay",
    flags: [],
    data: `lowerdir=${HOME}/${SHORT}:${HOME}/${OTHER},` +
      `upperdir=${HOME}/abc/diff,workdir=${HOME}/abc/work`,
  });
});

Deno.test("planOverlay() puts an empty directory below a base layer", () => {
  assertEquals(
    plan({ lower: [] }).data,
    `lowerdir=${HOME}/abc/empty,` +
      `upperdir=${HOME}/abc/diff,workdir=${HOME}/abc/work`,
  );
});

Deno.test("planOverlay() mounts read-only without a writable layer", () => {
  const { flags, data } = plan({ access: "read-only", lower: [SHORT] });
  assertEquals(flags, ["ro"]);
  assertEquals(data, `lowerdir=${HOME}/abc/diff:${HOME}/${SHORT}`);
  const base = plan({ access: "read-only", lower: [], options: ["ro"] });
  assertEquals(base.flags, ["ro"]);
  assertEquals(base.data, `lowerdir=${HOME}/abc/diff:${HOME}/abc/empty`);
});

Deno.test("planOverlay() splits options into flags and data", () => {
  const options = ["nodev,metacopy=on", "nosuid", "", "volatile"];
  const label = "system_u:object_r:container_file_t:s0:c1,c2";
  const { flags, data } = plan({ options, label, lower: [SHORT] });
  assertEquals(flags, ["nodev", "nosuid"]);
  assertEquals(
    data.slice(data.indexOf("workdir=")),
    `workdir=${HOME}/abc/work,metacopy=on,volatile,context="${label}"`,
  );
});

Deno.test("planOverlay() keeps lowers of other stores as they are", () => {
  const lower = [SHORT, `/srv/images/overlay/${OTHER}`];
  const { data } = plan({ lower });
  assertEquals(
    data.split(",")[0],
    `lowerdir=${HOME}/${SHORT}:/srv/images/overlay/${OTHER}`,
  );
});

Deno.test("planOverlay() finds lowers in another view of the home", () => {
  const lowerHome = `${HOME}/abc/mapped`;
  const own = `upperdir=${HOME}/abc/diff,workdir=${HOME}/abc/work`;
  assertEquals(
    plan({ lowerHome }).data,
    `lowerdir=${lowerHome}/${SHORT}:${lowerHome}/${OTHER},${own}`,
  );
  const lower = shortNames(100);
  const { data, cwd } = plan({ lowerHome, lower });
  assertEquals(cwd, lowerHome);
  assertEquals(data, `lowerdir=${lower.join(":")},${own}`);
  assertEquals(
    plan({ lowerHome, lower: [SHORT], access: "read-only" }).data,
    `lowerdir=${HOME}/abc/diff:${lowerHome}/${SHORT}`,
  );
});

Deno.test("planOverlay() names all from home when a page is too short", () => {
  assertEquals(plan({ lower: shortNames(70) }).cwd, undefined);
  const { data, cwd, target } = plan({ lower: shortNames(128) });
  assertEquals(cwd, HOME);
  assertEquals(target, `${HOME}/abc/merged`);
  assertEquals(
    data,
    `lowerdir=${shortNames(128).join(":")},` +
      "upperdir=abc/diff,workdir=abc/work",
  );
});

Deno.test("planOverlay() takes short names where IDs take more than a page", () => {
  const byId = (count: number) =>
    Array.from({ length: count }, (_, n) => `${n}`.padStart(64, "a") + "/diff");
  const few = plan({ lower: byId(50), shortLower: shortNames(50) });
  assertEquals(few.data.split(",")[0], `lowerdir=${byId(50).join(":")}`);
  const many = plan({ lower: byId(100), shortLower: shortNames(100) });
  assertEquals(many.cwd, HOME);
  assertEquals(
    many.data.split(",")[0],
    `lowerdir=${shortNames(100).join(":")}`,
  );
  assertThrows(
    () => plan({ lower: byId(100), shortLower: [] }),
    RangeError,
    "take more than a page",
  );
});

Deno.test("planOverlay() changes over at exactly a page", () => {
  const padded = (length: number) =>
    plan({ lower: [`/${"x".repeat(length)}`] });
  const spare = 4095 - padded(1).data.length;
  assertEquals(padded(1 + spare).data.length, 4095);
  assertEquals(padded(1 + spare).cwd, undefined);
  assertEquals(padded(2 + spare).cwd, HOME);
});

Deno.test("planOverlay() refuses more layers than the kernel takes", () => {
  assertThrows(
    () => plan({ lower: shortNames(501) }),
    RangeError,
    'Cannot mount layer "abc": it lies on 501 layers, overlayfs takes 500',
  );
  assertThrows(
    () => plan({ lower: shortNames(200) }),
    RangeError,
    "take more than a page",
  );
});

Deno.test("planOverlay() refuses what mount options cannot say", async (t) => {
  const table: Record<string, Partial<OverlayRequest>> = {
    "a comma in home": { home: "/a,b" },
    "a colon in home": { home: "/a:b" },
    "a quote in home": { home: '/a"b' },
    "a backslash in home": { home: "/a\\b" },
    "a line feed in home": { home: "/a\nb" },
    "a relative home": { home: "overlay" },
    "an ID that leaves home": { layerId: "../x" },
    "an ID that is home's parent": { layerId: ".." },
    "an empty ID": { layerId: "" },
    "a lower with a colon": { lower: ["l/A:/etc"] },
    "a lower with an option": { lower: ["l/A,upperdir=/etc"] },
    "a lower outside": { lower: ["../../etc"] },
    "a lower outside by way of l": { lower: ["l/.."] },
    "an empty lower": { lower: [""] },
    "a lower outside by way of an ID": { lower: ["../diff"] },
    "a lower of two IDs": { lower: ["a/b/diff"] },
    "a lower without an ID": { lower: ["diff"] },
    "a short name outside": { shortLower: ["l/.."] },
    "an option for another lower": { options: ["lowerdir=/etc"] },
    "an option for an upper": { options: ["nodev,upperdir=/etc"] },
    "an option of mount(8)": { options: ["bind"] },
    "an option with an odd value": { options: ["xino=a:b"] },
    "a label with a quote": { label: 'a",upperdir="/etc' },
  };
  for (const [name, changes] of Object.entries(table)) {
    await t.step(name, () => {
      assertThrows(() => plan(changes), TypeError, "Cannot mount layer");
    });
  }
});

Deno.test("planOverlay() takes 500 layers, if their names fit", () => {
  const { data } = plan({ lower: Array(500).fill("l/A") });
  assertEquals(data.split(":").length, 500);
});

Deno.test("planOverlay() knows the options of the kernel", () => {
  const flags = "ro rw nodev dev nosuid suid noexec exec sync async dirsync " +
    "atime noatime diratime nodiratime relatime norelatime strictatime " +
    "nostrictatime nosymfollow";
  const data = "metacopy=on redirect_dir=nofollow index=off nfs_export=on " +
    "xino=auto volatile userxattr uuid=null verity=require fsync=volatile";
  const made = plan({
    lower: [SHORT],
    options: [`${flags} ${data}`.replaceAll(" ", ",")],
  });
  assertEquals(made.flags, flags.split(" "));
  assertEquals(made.data.split(",").slice(3), data.split(" "));
  assertEquals(
    plan({ access: "read-only", options: ["nodev"] }).flags,
    ["ro", "nodev"],
  );
  assertEquals(
    plan({ access: "read-only", options: ["nodev", "ro"] }).flags,
    ["nodev", "ro"],
  );
});

Deno.test("planOverlay() reports what is wrong", async (t) => {
  const character = "has a character that mount options cannot hold " +
    '(, : " \\ or a control character)';
  const cases: readonly (readonly [Partial<OverlayRequest>, string])[] = [
    [{ home: "overlay" }, 'home "overlay" is not absolute'],
    [{ layerId: "" }, "its ID is not a file name"],
    [{ layerId: "." }, "its ID is not a file name"],
    [{ layerId: ".." }, "its ID is not a file name"],
    [{ layerId: "a/b" }, "its ID is not a file name"],
    [{ layerId: "a:b" }, `path "a:b" ${character}`],
    [{ lower: ["l/A,b"] }, `path "l/A,b" ${character}`],
    [{ shortLower: ["l/A\u0085"] }, `path "l/A\u0085" ${character}`],
    [{ lower: ["l/."] }, '"l/." is no name of a lower layer'],
    [{ lower: ["x/diff/y"] }, '"x/diff/y" is no name of a lower layer'],
    [{ lower: ["ll/A"] }, '"ll/A" is no name of a lower layer'],
    [{ shortLower: ["diff"] }, '"diff" is no name of a lower layer'],
    [{ label: 'a"' }, 'label a" is malformed'],
    [{ label: "a\\" }, "label a\\ is malformed"],
    [{ label: "a\n" }, "label a\n is malformed"],
    [{ options: ["ro,bind"] }, 'mount option "bind" is not supported'],
    [{ options: ["nodev=1"] }, 'mount option "nodev=1" is not supported'],
    [{ options: ["xino="] }, 'mount option "xino=" is not supported'],
    [{ options: ["xino=a=b"] }, 'mount option "xino=a=b" is not supported'],
    [{ options: ["XINO=on"] }, 'mount option "XINO=on" is not supported'],
  ];
  for (const [changes, why] of cases) {
    await t.step(why, () => {
      const { message } = assertThrows(() => plan(changes), TypeError);
      const id = changes.layerId ?? "abc";
      assertEquals(message, `Cannot mount layer "${id}": ${why}`);
    });
  }
  const { message } = assertThrows(
    () => plan({ lower: shortNames(200) }),
    RangeError,
  );
  assertEquals(
    message,
    'Cannot mount layer "abc": the names of its 200 layers take more than a page',
  );
});
