import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  findNetworks,
  listNetworks,
} from "../../../src/engine/network/find_networks.ts";
import { NetworkError } from "../../../src/errors/network_errors.ts";
import { tempDir } from "../../support/temp_dir.ts";

function describe(name: string): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name,
    plugins: [{ type: "foo" }],
  });
}

Deno.test("findNetworks() takes the file that comes first, and is one", () => {
  using dir = tempDir();
  const settings = { configDirectory: dir.path };
  const files = {
    "00-odd.conflist": "{",
    "05-readme.txt": describe("text"),
    "20-b.conf": describe("b"),
    "10-a.conflist": describe("a"),
    "30-c.json": describe("c"),
  };
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(dir.join(name), text);
  }
  const namesOf = (names?: readonly string[]) =>
    findNetworks({ ...settings, names }).map(({ list }) => list.name);
  assertEquals(namesOf(), ["a"]);
  assertEquals(namesOf(["c", "b"]), ["c", "b"]);
  const problems: string[] = [];
  listNetworks(settings, (message) => problems.push(message));
  assertEquals(problems, [
    `Cannot read "${dir.join("00-odd.conflist")}": not valid JSON`,
  ]);
  const error = assertThrows(() => namesOf(["d"]), NetworkError);
  assertEquals(error.category, "unavailable");
});

Deno.test("findNetworks() reports why there is none", () => {
  using dir = tempDir();
  const configDirectory = dir.join("none");
  assertThrows(
    () => findNetworks({ configDirectory }),
    NetworkError,
    `"${configDirectory}" describes none`,
  );
  Deno.writeTextFileSync(dir.join("a.conf"), "[]");
  assertThrows(
    () => findNetworks({ configDirectory: dir.path }),
    NetworkError,
    'Cannot find a network: Cannot read "',
  );
});

Deno.test("listNetworks() passes over what it cannot or should not read", async (t) => {
  const cases: Readonly<
    Record<string, readonly [put: (path: string) => void, why: string]>
  > = {
    "a directory": [(path) => Deno.mkdirSync(path), "it is a directory"],
    "a link to nothing": [
      (path) => Deno.symlinkSync("nowhere", path),
      "no such file or directory",
    ],
    "a fifo, to which nobody writes": [
      (path) => new Deno.Command("mkfifo", { args: [path] }).outputSync(),
      "it is no regular file",
    ],
    "an empty file": [(path) => write(path, ""), "not valid JSON"],
    "NULs": [(path) => write(path, "\0".repeat(99)), "not valid JSON"],
    "much too much": [
      (path) => write(path, " ".repeat(2 ** 21)),
      "larger than",
    ],
    "what all can write to": [
      (path) => {
        write(path, describe("theirs"));
        Deno.chmodSync(path, 0o666);
      },
      "what others can change is not used",
    ],
  };
  for (const [name, [put, why]] of Object.entries(cases)) {
    await t.step(name, () => {
      using dir = tempDir();
      put(dir.join("00-odd.conflist"));
      write(dir.join("10-a.conflist"), describe("a"));
      const problems: string[] = [];
      const settings = { configDirectory: dir.path };
      const found = listNetworks(settings, (problem) => problems.push(problem));
      assertEquals(found.map(({ list }) => list.name), ["a"]);
      assertEquals(problems.length, 1);
      assertStringIncludes(problems[0] ?? "", why);
      assertStringIncludes(problems[0] ?? "", dir.join("00-odd.conflist"));
    });
  }
});

function write(path: string, text: string): void {
  Deno.writeTextFileSync(path, text);
}
