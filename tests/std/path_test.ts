import { assertEquals, assertThrows } from "@std/assert";
import {
  basename,
  dirname,
  extname,
  fromFileUrl,
  isAbsolute,
  join,
  normalize,
  relative,
  resolve,
  toFileUrl,
} from "@std/path";

Deno.test("path functions treat paths as @std/path says", async (t) => {
  const cases: [string, unknown, unknown][] = [
    ["basename of a file", basename("/a/b.txt"), "b.txt"],
    ["basename of a folder", basename("/a/b/"), "b"],
    ["basename of the root", basename("/"), "/"],
    ["basename of nothing", basename(""), ""],
    ["basename without suffix", basename("/a/b.txt", ".txt"), "b"],
    ["basename that is its suffix", basename("/a/.txt", ".txt"), ".txt"],
    ["dirname", dirname("/a/b"), "/a"],
    ["dirname of the root", dirname("/"), "/"],
    ["dirname of a bare name", dirname("a"), "."],
    ["dirname of nothing", dirname(""), "."],
    ["dirname with more slashes than it takes", dirname("/a//b//"), "/a"],
    ["dirname below the root", dirname("//a"), "/"],
    ["extname", extname("a/b.tar.gz"), ".gz"],
    ["extname of a hidden file", extname(".profile"), ""],
    ["extname of a name that ends with a dot", extname("a."), "."],
    ["extname of a parent", extname("a/.."), ""],
    ["isAbsolute", isAbsolute("/a"), true],
    ["isAbsolute of a relative path", isAbsolute("a"), false],
    ["join", join("/a", "../b", "./c"), "/b/c"],
    ["join of nothing", join(), "."],
    ["join past the root", join("/", "..", "a"), "/a"],
    ["join that leads above its start", join("a", "../..", "b"), "../b"],
    ["join of empty parts", join("", "a", "", "b"), "a/b"],
    ["normalize", normalize("/a//b/../c/"), "/a/c/"],
    ["normalize to nothing", normalize("a/.."), "."],
    ["normalize to a folder that is nothing", normalize("a/../"), "./"],
    ["normalize the root", normalize("//.."), "/"],
    ["normalize dots that are names", normalize("a/.../..b"), "a/.../..b"],
    ["relative", relative("/a/b", "/a/c/d"), "../c/d"],
    ["relative to the same", relative("/a/b", "/a/b/"), ""],
    ["relative to a parent", relative("/a/b", "/a"), ".."],
    ["relative to a child", relative("/a", "/a/b/c"), "b/c"],
    ["relative to a name that begins alike", relative("/ab", "/a"), "../a"],
    ["resolve from here", resolve("a"), `${Deno.cwd()}/a`],
    ["resolve nothing", resolve(), Deno.cwd()],
    ["resolve", resolve("/a", "b", "../c"), "/a/c"],
    ["fromFileUrl", fromFileUrl(new URL("file:///a%20b")), "/a b"],
    ["toFileUrl", toFileUrl("/a b%?#").href, "file:///a%20b%25%3F%23"],
  ];
  for (const [name, actual, expected] of cases) {
    await t.step(name, () => assertEquals(actual, expected));
  }
});

Deno.test("fromFileUrl() refuses other addresses", () => {
  assertThrows(() => fromFileUrl("https://a/b"), TypeError, "file URL");
});

Deno.test("toFileUrl() refuses a relative path", () => {
  assertThrows(() => toFileUrl("a"), TypeError, "absolute");
});
